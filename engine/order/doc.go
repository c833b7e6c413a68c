// Package order keeps the life of every order of an account, and the position and money that follow from it.
// It does no I/O and reads no clock: requests that were sent, messages of the exchange and clock readings go
// in, events and figures come out. A [Manager] belongs to one goroutine, claims its memory in [New] and
// allocates nothing afterwards.
//
// # Life of an order
//
// [Manager.Admit] says whether there is room for a request, [Manager.Sent] records that it left,
// [Manager.Apply] applies what the exchange says, [Manager.ApplyFate] what the session found out about a request
// without an answer. An order's [State] is derived from what is known of it, never from which message came
// first: a fill or a cancel may come before the acceptance, an old message after a newer one, a message twice.
// Account sequences say what is newer and what is a repetition.
//
// No answer is not a rejection. An order whose create got none has the overlay [InDoubt] and reserves its worst
// case until a message, [Manager.Resolve] or the exchange's rejection decides.
//
// # Money
//
// Prices are in 1/100 % of the payoff, quantities in 1/10000 of the currency of payoff, amounts in 1e-8 of the
// currency: quantity times price, exact. Reserves follow the exchange: live orders reserve their own liability,
// provisional fills theirs without any offset, final fills the worst case of their market. All sums of an
// account together stay below 2^61; what would exceed that is refused or, if the exchange says it, not booked and
// reported as [Overflow].
package order
