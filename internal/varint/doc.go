// Package varint is the one home of protobuf's varints and tags: how they are read from a slice,
// written backwards and forwards, and passed over when their field is unknown.
//
// A function that reads returns the next position. It is negative if there is none, and then one of
// the codes from [Truncated] to [WireType], which the caller turns into an error of its own.
//
// Functions on words take the first byte of the encoding in the lowest bits. They have no branches on
// the length and are inlined into the decoders and encoders of gen/msg
// and internal/envelope.
package varint
