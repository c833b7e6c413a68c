// Package betfair turns Betfair's streaming files into journals: lines of JSON with market change messages, as its
// historical data has them.
//
// What comes out is approximate. Betfair does not say which side of a trade was resting, counts volume on both sides,
// and sends changes in conflated steps; several of its prices are one of ours where prices are low. The journal's name
// says so, and backtests repeat it.
//
// Decimal odds d are a price of 10000/d in hundredths of a percent, rounded half to even. What is available to back is
// what others have offered to sell, what is available to lay is what they have bid; a stake of s at odds d is a payoff
// of s x d.
package betfair
