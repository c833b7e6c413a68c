// Package msg holds the protocol's messages as flat values: the types of the hot path.
//
// Every message of the two schemas (session layer, names with the prefix Eto, and application
// layer) is a struct of plain values with one bit of presence per optional or required field.
// A value is claimed once and reused: decoding fills memory that the caller owns, allocates only
// until repeated fields have grown to the size the feed needs, and encoding writes into a buffer
// of the caller's. The standard types in gen/eto and gen/seto say the same with pointers; package
// gen/convert converts. This package does not import google.golang.org/protobuf, and neither does a
// bot that uses it.
//
// # Reading
//
// GetX returns the value of field x, or the default of the schema if the field is absent; HasX tells the
// two apart. The names are those of the standard Go types, so code that reads the one family reads the
// other (except EtoLoginResponse.GetReset, which is GetReset_ in the standard type). GetX of a message
// field returns a pointer into the value, of an empty message if the field is absent.
//
// # Prices, quantities, sides and money
//
// GetX returns such a value as it is on the wire, whatever it is. TypedX returns it as a type of package
// odds, or an error if it is out of range, or [ErrAbsent] if the field is absent; SetTypedX takes that
// type. So a price that is none, an absent side, which GetSide has to read as a buy, or a balance that
// is NaN does not get into a calculation. Money is floating point on the wire; [odds.NewMoney] says how
// it is made exact.
//
// Every body says its type by PayloadType. [Keys] are the fields that identify a request, as a flat value.
//
// # Borrowed memory
//
// A value decoded by Decode borrows its text (fields of type string and bytes) from the bytes it
// was decoded from, and what SetX is given for a text field is borrowed too: it must
// stay unchanged for as long as the value is used. What GetX returns for a message field or a
// repeated field is part of the value and valid until the value is decoded into, reset or
// appended to. Copying a struct copies its scalars and shares the rest.
//
// # Payloads
//
// [Payload] is one whole frame's payload: the envelope and the one body that its type names. Its
// Decode is the single entry for what arrives.
//
// # Two decoders
//
// Every message has a strict decoder, merge, which reads everything that the protocol allows and makes
// the errors. Nearly every message also has a fast decoder in a file of its own, which reads only what
// encoders write: each field at most once, in the order of the numbers, nothing unknown. Decode tries the
// fast one first; if it gives up, the strict one starts over. So one decoder alone defines what is
// refused, what is counted and how fields out of order are read.
//
// The fast decoder of OrderExecuted, in order_executed.fast.go, on the bytes of a body:
//
//	10 9a 25       price 4762. The word loaded at i is masked with 8080ff, which leaves the tag and
//	               the top bit of two bytes, and is 8010: one comparison says that this is price and
//	               that it has two bytes. i moves on by 3.
//	18 01          quantity_type: the tag, and a value that the schema names.
//	20 c0 9a 0c    quantity, in the same way but of three bytes. If it had two, the comparison would
//	               fail, the tag alone would match, and a switch would find the length.
//	30 00 3a ...   account_sequence, tag 28, is absent: 30 is not 28, and i stays.
//	...
//	i == end       Every field was taken, and none crossed the end: i only grows.
//
// No field is compared with the end, and no length of a number with the input, so the words that are
// loaded may lie behind the end. That is sound where that much memory is known to exist: Decode calls the
// fast decoder if the capacity of the input is SlackBytes bytes more than its length, as it is for
// payloads of a wire.Buffer; a Payload otherwise copies what is not too long. The generator counts how far
// a decoder may read and compiles it into the decoder's file. A length that the input states, of text or
// of a message inside, could move i anywhere, and is compared with the end.
//
// # Tolerance
//
// Decoding tolerates what a newer exchange may send: unknown fields, unknown enum values, absent
// required fields, packed and unpacked repeated enums, fields in any order and repeated. Unknown
// fields and values are counted in an [Unknown] if the caller passes one. It refuses, with a
// [*DecodeError] that names message, field and offset, what endangers memory or truth: truncated input,
// lengths beyond the input, overlong varints, wrong wire types, malformed tags, unbalanced or deeply
// nested groups, and more repeated elements than the limits allow. After an error the value is partly
// filled and has to be decoded into or reset before use.
//
// Encoding is strict: a value without a required field is refused with an [*EncodeError].
// MarshalToSizedBufferVT encodes every message. Those of order entry also have MarshalFast, which is faster
// and declines unusual messages.
//
// Values are not safe for concurrent use, reading included.
package msg
