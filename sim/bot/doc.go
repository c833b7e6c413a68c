// Package bot is a client of the protocol as plain as can be, for scenarios and tests of the
// exchange: it keeps sequences, fills gaps by replay, serves replays, answers heartbeats, and
// remembers every report by its account sequence, so that what it knows can be compared with
// the exchange's truth. It has no strategy, and it is not made for speed.
package bot
