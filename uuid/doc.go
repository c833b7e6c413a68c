// Package uuid is the exchange's tagged identifiers and their slugs, as
// comparable values.
//
// An identifier is a number of 128 bits and a tag of 16 bits that says what the
// number identifies: an account, an event, an order. The protocol carries bare
// numbers, pages made for people show slugs, and the rest is in hex. The event
// with the number 100 is written
//
//	number       high 0, low 100
//	tag          1100, prefix e
//	slug         e-3wk5c                             base 36 unless asked otherwise
//	bare slug    3wk5c
//	base 62      e-rw1q
//	padded to 8  e-0003wk5c                          the padding counts digits only
//	hex          00000000000000000000000000641100    the number, then the tag
//	bare hex     641100
//	short hex    64                                  the number alone
//	binary       18 bytes, big endian: the number, then the tag
//
// A slug writes number * 65536 + tag in a base from 2 to 62, in digits, lower
// case and upper case letters, in this order. Up to base 36 case means nothing,
// neither in the digits nor in the prefix; above, it does. Hex is padded to 32
// digits, four of them the tag; numbers beyond 112 bits make it longer, up to
// 36. The number's digits are read in either case, the tag's in lower case, as
// the exchange's own library reads them.
//
// [UUID] is the value. [New] and [New128] make one from integers, [FromBig] from
// a big.Int; [ParseSlug], [ParseSlugBase], [ParseHex] and [ParseShortHex] read
// one form each, and [Parse] reads the two that cannot be mistaken. They take a
// string or a byte slice and keep neither. The Append methods write into the
// caller's buffer. None of these allocates, but for the error of a refusal and a
// buffer that is too small.
//
// The zero UUID is no identifier. It is null in JSON and NULL in SQL, and an
// error to the text and binary marshalers.
//
// Reading is strict. There are no signs, spaces, underscores, base prefixes or
// digits of other scripts, and no number beyond 128 bits. A refusal is a
// [*Error]: it wraps one of the package's Err values and says at which byte.
// It does not hold the text, for what identifies a session may open one.
package uuid
