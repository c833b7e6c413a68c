// Package msg holds the protocol's messages as flat values: the types of the hot path.
//
// Every message of the two schemas (session layer, names with the prefix Eto, and application
// layer) is a struct of plain values with one bit of presence per optional or required field.
// A value is claimed once and reused: decoding fills memory that the caller owns, allocates only
// until repeated fields have grown to the size the feed needs, and encoding writes into a buffer
// of the caller's. The standard types in gen/eto and gen/seto say the same with pointers; Proto
// and SetProto convert.
//
// # Reading
//
// GetX returns the value of field x, or the default of the schema if the field is absent; HasX
// tells the two apart. The names are those of the standard Go types, so code that reads the one
// family reads the other (but for EtoLoginResponse.GetReset, which the standard type has to call
// GetReset_). GetX of a message field returns a pointer into the value, of an empty message if the
// field is absent.
//
// # Borrowed memory
//
// A value decoded by Decode borrows its text (fields of type string and bytes) from the bytes it
// was decoded from, and what SetX or SetProto is given for a text field is borrowed too: it must
// stay unchanged for as long as the value is used. What GetX returns for a message field or a
// repeated field is part of the value and valid until the value is decoded into, reset or
// appended to. Copying a struct copies its scalars and shares the rest.
//
// # Payloads
//
// [Payload] is one whole frame's payload: the envelope and the one body that its type names. Its
// Decode is the single entry for what arrives.
//
// # Tolerance
//
// Decoding tolerates what a newer exchange may send: unknown fields, unknown enum values, absent
// required fields, packed and unpacked repeated enums, fields in any order and repeated. Unknown
// fields and values are counted in an [Unknown] if the caller passes one. It refuses, with a
// [*DecodeError] that says which message and field and at what offset, whatever puts memory or
// truth at stake: truncated input, lengths beyond the input, overlong varints, wrong wire types,
// malformed tags, unbalanced or deeply nested groups, and more repeated elements than the limits
// allow. After an error the value is part-filled and has to be decoded into or reset before use.
//
// Encoding is strict: a value without a required field is refused with an [*EncodeError].
//
// Values are not safe for concurrent use, reading included.
package msg
