// Package ring is bounded memory that goes round: the byte ring that outgoing
// frames are built in, sent from and kept in for replay, and the slot rings
// that other goroutines hand work over by.
//
//   - [Memory] is a block of bytes claimed once, off the Go heap where the
//     system allows it.
//   - [SendRing] is one block of such memory used as a ring of frames, with an
//     index by sequence and the truth about which bytes left.
//   - [SPSC] hands fixed-size values from one goroutine to one other.
//   - [MPSC] hands fixed-size values from any number of goroutines to one.
//
// Everything is claimed by the New functions and nothing grows afterwards, unless
// the owner asks for memory on demand: when a ring is full it says so at once,
// without blocking and without allocating, and the caller decides what that
// means.
//
// Errors come in three kinds. A size outside its named limits is a
// [*LimitError] when the ring is made. A ring without room answers
// [ErrFull], [ErrTooLarge], nil or false, as its methods say. A call that
// breaks a method's contract (publishing what was not claimed, a sequence that
// skips) is a fault in the program and panics with a text that starts with
// "BUG: ring:".
package ring
