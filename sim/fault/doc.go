// Package fault injects faults into the connections of an exchange: messages that are lost, duplicated,
// delayed or reordered, before or after they got their sequence; bytes that arrive in pieces, late or
// corrupted; connections that stall, break, are refused or become half-open. The exchange behind them is
// not affected.
//
// A [Plan] says which faults happen and how often. [Injector] holds the connections of an exchange, each a
// [Conn] between its driver, which reads and writes the socket, and the gateway. A plan can be changed at
// any time, for all connections or for one; [Conn.Force] injects a fault at the next occasion. All choices
// follow from a seed and the number of the connection, and times are clock readings that are passed in: the
// same seed and the same calls give the same faults. In swarm mode the plan of each connection is random
// too.
//
//	driver --- Free, Filled ---> Conn --- Deliver ---> gateway ---> exchange
//	driver <-- Pending, Written  Conn <-- Send ------- gateway <--- exchange
//
// A connection without faults passes the gateway's memory through without a copy.
package fault
