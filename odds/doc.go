// Package odds is prices, odds, tick ladder and money of a betting exchange as
// exact integers.
//
//   - [Price] is the base type, in hundredths of a percent of the payoff. It
//     converts to percent text, exactly, and to [Decimal], [Fraction] and
//     [American] odds, each of which converts back with a [Rounding] that the
//     caller names.
//   - The tick ladder is methods of Price: NextTick, MoveTicks, TickDistance,
//     Snap and so on, all look-ups in tables.
//   - [Quantity] is a payoff in 1/10000 of the currency, [Money] an amount in
//     1/100000000 of it, which holds every product of a quantity and a price.
//   - [Side] tells what a buyer and a seller risk and win, and which quantity an
//     amount buys. [Average] keeps the average price of fills as an exact sum.
//   - [Rate] is commission; [Overround] is what a set of prices adds up to.
//
// # Rounding
//
// From a price outwards the rounding is fixed, because such numbers are for
// people: decimal odds of a tick are the ladder's, and between two ticks rounded to
// four places, ties to even; American odds are rounded to the nearest whole
// number, ties to the shorter odds; fractional odds are the traditional fraction
// of equal or next shorter odds; percent text is exact.
// From odds to a price the caller says how, because money follows:
// [HalfEven] finds every tick of the ladder and is the zero value, [Up] is never
// better for a buyer, [Down] never better for a seller. Everything about money is
// exact, or rounded once by a mode that is an argument, or rounded down because
// its doc comment says so.
//
// # Failure
//
// Nothing overflows silently: a value outside its type's range, or a result that
// would be, is answered by a sentinel error such as [ErrPrice] or [ErrMoney], which are
// made at start and cost nothing to return. Text that does not parse is a
// [*ParseError] that says what, where and why. Questions about the ladder that
// have no answer say ok = false. A rounding mode that does not exist is the
// program's own mistake and panics with a text that starts with "BUG: odds:".
//
// Nothing here allocates but errors about text and functions that return strings; those have a
// form that appends to the caller's buffer.
package odds
