// Package replica follows an account from outside of the process that trades on it: books, orders, positions and money,
// rebuilt from the records of the engine's journal. It applies what the engine applied, in the same order, by the
// engine's own packages: what is read is what the bot knew. What the journal has of the engine's tape is not needed, so
// that a redacted copy of a journal will do.
//
// Nothing in a record makes it fail: the peer wrote what is in payloads. What is not understood is left out, and told
// to the [Observer]. A Replica does no I/O, reads no clock and belongs to one goroutine.
package replica
