// Package wire cuts a byte stream into payloads and wraps payloads into
// frames, in place. It never dials, reads a socket or looks at a clock.
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
// Inbound, [Buffer] holds what a socket delivered and hands out whole payloads
// without copying them; [Scan] is its stateless core; [Peek] reads from a
// payload what a session must know before anything is decoded. Outbound,
// [Measure] and [PutFrame] marshal a message straight into the place it is sent
// from; [Forward] does it in one pass for the messages that are sent all day.
//
// The peer is not trusted: a length is a claim, so memory follows the bytes
// that arrived and not the bytes that were announced, and what breaks a limit
// or the format ends in a typed error that says what and where.
package wire
