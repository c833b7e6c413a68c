// Package core is the exchange without sockets, sessions of bytes or a clock:
// accounts, markets, price-time matching, money, and what each party is told.
//
// It is deterministic. Commands and clock readings go in, reports and market
// data come out through the [Sink] of each [Login], in an order that depends
// on nothing else. An [Exchange] belongs to one goroutine.
//
// # Money
//
// Prices are hundredths of a percent of the payoff, 1 to 9999. Quantities are
// payoffs in 1/10000 of the currency, so that quantity times price is exact in
// [Money], units of 10^-8 of the currency. A fill moves no cash: it changes
// what the account stands to win or lose, and its worst case is reserved
// until the contract is settled. Cash therefore moves at settlement alone, from
// losers to winners, and its sum over all accounts never changes.
//
// # What an order causes
//
// One command is carried out completely before anything is told. Then market
// data goes to the subscribers, first, and the reports follow: the answer, each
// fill to both parties, and what was cancelled.
package exchange
