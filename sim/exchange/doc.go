// Package exchange is a betting exchange without sockets, protocol or clock: accounts, markets,
// price-time matching, money, and the reports to each party.
//
// It is deterministic. Commands and clock readings go in; reports and market data come out through the
// [Sink] of each [Login], in an order that depends on nothing else. An [Exchange] belongs to one
// goroutine.
//
// # Money
//
// Prices are in hundredths of a percent of the payoff, 1 to 9999. Quantities are payoffs in 1/10000 of
// the currency, so that quantity times price is exact in [Money], units of 10^-8 of the currency. A fill
// moves no cash: it changes what the account may win or lose, and its worst case is reserved until the
// contract is settled. Cash moves only at settlement, from losers to winners, and its sum over all
// accounts never changes.
//
// # Order of messages
//
// A command is carried out completely before anything is sent. Market data goes to the subscribers
// first. The reports follow: the answer, each fill to both parties, and the cancels.
package exchange
