// Package wire cuts a byte stream into payloads and wraps payloads into
// frames, in place. It does no I/O and reads no clock.
//
// A frame is an unsigned little-endian base-128 length (uleb128), that many
// bytes of payload, and zero padding up to four bytes in all:
//
//	| header, 1 to 10 bytes | payload, as long as the header says | padding to 4 |
//
// The length counts the payload alone. A writer uses the shortest header; a
// reader also takes longer ones. Padding follows payloads of 0, 1 and 2 bytes
// only, which no legitimate message is short enough to need.
//
// Inbound, [Buffer] receives the bytes of a connection and returns whole payloads
// without copying them; [Scan] is its stateless core. Outbound, [Measure] and
// [PutFrame] marshal a message straight into the memory it is sent from, and
// [AppendFrame] frames a payload that exists already.
//
// The peer is not trusted: memory grows with the bytes that arrived, not with the
// length that was announced, and input that breaks a limit or the format ends in a
// typed error that says what and where.
package wire
