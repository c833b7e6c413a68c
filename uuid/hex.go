package uuid

import (
	"encoding/binary"
	"math/bits"
)

// AppendHex appends the number and the tag in hex to dst and returns the longer slice.
// Shorter than pad digits, it is filled up with zeros; the number always has a
// digit, and the tag has four. The exchange pads to [HexPad]. It panics if pad is
// beyond [PadMax].
func (u UUID) AppendHex(dst []byte, pad int) []byte {
	return appendHex(dst, u.wide(), max(hexCount(u.high, u.low), 1)+tagDigits, 0, pad)
}

// Hex returns the number and the tag in hex, padded to [HexPad] digits.
func (u UUID) Hex() string {
	var buf [stackBytes]byte
	return string(u.AppendHex(buf[:0], HexPad))
}

// AppendShortHex appends the number in hex to dst, without the tag and without padding,
// and returns the longer slice.
func (u UUID) AppendShortHex(dst []byte) []byte {
	return appendHex(dst, wide{mid: u.high, low: u.low}, max(hexCount(u.high, u.low), 1), 0, 0)
}

// ShortHex returns the number in hex, without the tag and without padding.
func (u UUID) ShortHex() string {
	var buf [stackBytes]byte
	return string(u.AppendShortHex(buf[:0]))
}

// ParseHex returns the identifier of a number and a tag in hex, of any padding. It reads
// the number's digits in either case and the tag's in lower case. The error
// is an [*Error].
func ParseHex[T ~string | ~[]byte](hex T) (UUID, error) {
	if len(hex) <= tagDigits || len(hex) > TextBytesMax {
		return UUID{}, refuseHex(hex)
	}
	w, ok := read(&radixes[16], hex)
	for i := len(hex) - tagDigits; i < len(hex); i++ {
		ok = ok && (hex[i] < 'A' || hex[i] > 'F')
	}
	if u := w.uuid(); ok && u.tag.Valid() {
		return u, nil
	}
	return UUID{}, refuseHex(hex)
}

// ParseShortHex returns the identifier with this tag and a number in hex, of any
// padding and in either case. The error is an [*Error].
func ParseShortHex[T ~string | ~[]byte](tag Tag, hex T) (UUID, error) {
	if len(hex) > 0 && len(hex) <= TextBytesMax && tag.Valid() {
		if w, ok := read(&radixes[16], hex); ok && w.top == 0 {
			return New128(tag, w.mid, w.low), nil
		}
	}
	return UUID{}, refuseShortHex(tag, hex)
}

// hexWord is how many digits hexDigits makes.
const hexWord = 8

// hexDigits returns the eight digits of v, the first in the lowest byte.
func hexDigits(v uint32) uint64 {
	d := uint64(bits.ReverseBytes32(v))
	d = (d | d<<16) & 0x0000ffff0000ffff
	d = (d | d<<8) & 0x00ff00ff00ff00ff
	d = (d>>4 | d<<8) & 0x0f0f0f0f0f0f0f0f
	const ones = 0x0101010101010101
	beyondNine := (d + 6*ones) >> 4 & ones
	return d + '0'*ones + beyondNine*('a'-'9'-1)
}

// hexCount returns how many digits the number has; zero has none.
func hexCount(high, low uint64) int {
	if high != 0 {
		return (64 + bits.Len64(high) + 3) / 4
	}
	return (bits.Len64(low) + 3) / 4
}

// appendHex appends n digits of w, at most 36 and no fewer than w has, with the
// prefix and the padding of a slug.
func appendHex(dst []byte, w wide, n int, prefix byte, pad int) []byte {
	n = max(n, min(pad, numberDigitsMax+tagDigits)) // w has more zeros to give
	dst, out := grow(dst, n, prefix, pad)
	var digits [5 * hexWord]byte
	if n >= 4*hexWord {
		binary.LittleEndian.PutUint64(digits[:], hexDigits(uint32(w.top)))
		out = out[copy(out, digits[hexWord-(n-4*hexWord):hexWord]):]
		putHex(out, w.mid, w.low)
		return dst
	}
	putHex(digits[:], w.mid, w.low)
	copy(out, digits[4*hexWord-n:4*hexWord])
	return dst
}

// putHex writes 32 digits.
func putHex(dst []byte, high, low uint64) {
	_ = dst[4*hexWord-1]
	binary.LittleEndian.PutUint64(dst, hexDigits(uint32(high>>32)))
	binary.LittleEndian.PutUint64(dst[8:], hexDigits(uint32(high)))
	binary.LittleEndian.PutUint64(dst[16:], hexDigits(uint32(low>>32)))
	binary.LittleEndian.PutUint64(dst[24:], hexDigits(uint32(low)))
}
