// Package chaos is a proxy between a client and an exchange that breaks their connections: bytes arrive in pieces,
// late, in drips or not at all, connections stall, break inside a message or between two, with a reset or with a clean
// end, turn into black holes, and are refused.
//
// It is for processes over real sockets, and the faults are a [fault.Plan]'s, in both directions. It knows where a
// message ends: over plain TCP a message is a frame, which may also be lost, doubled or overtaken; over TLS, which the
// proxy does not open, it is a record. The first byte of a connection tells which it is. Kinds of faults that only an
// exchange can have, those before the sequence and at requests, are refused; sim/fault injects them.
//
// What happens to the messages of a connection follows from the seed, the number of the connection and the direction.
// When it happens is real time.
package chaos
