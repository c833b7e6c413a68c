// Package fault makes connections as bad as they get: messages that are lost, doubled, late
// or out of order, before or after they got their sequence; bytes that come in pieces, in
// lumps, in drips or wrong; connections that stall, are cut, are refused or go dead. The
// exchange behind them stays true: nothing here touches it.
//
// A [Plan] says what goes wrong and how often. [Injector] holds the lines of an exchange, one
// [Conn] for each connection, between whoever reads and writes the socket and the session's
// [gateway.Gateway]. Plans may be changed at any time, for all lines or for one; [Conn.Force] makes
// a fault happen at the next occasion. All is drawn from a seed and the number of the
// connection, and times are clock readings that are handed in: same seed and same calls
// give the same faults. In swarm mode each connection's plan itself is drawn from the seed.
//
//	driver --- Free, Filled ---> Conn --- Deliver ---> Gateway ---> exchange
//	driver <-- Pending, Written  Conn <-- Send ------- Gateway <--- exchange
//
// A line on which nothing goes wrong hands the peer's memory through without a copy.
package fault
