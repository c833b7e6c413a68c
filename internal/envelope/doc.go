// Package envelope reads and writes the part of a payload that precedes its body: type, session-layer
// type, sequence and replay flag.
//
// Inbound, [Parse] reads the [Envelope] of a payload without decoding the body. Outbound, [Header] writes
// the same fields in front of a body of known size, and [EncodeFrame] writes a whole frame in one pass
// for the order-entry messages.
package envelope
