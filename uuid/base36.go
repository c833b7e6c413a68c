package uuid

import (
	"encoding/binary"
	"math/bits"
)

// The slugs that people see are in base 36. They are written two digits at a
// time, in whole words.
const (
	square36   = 36 * 36
	half36     = square36 * square36 * square36
	fraction36 = 1<<64/half36 + 1 // as in radix
	chunk36    = 12               // digits
)

// pairs36 are all pairs of digits, the first in the low byte; it is longer than
// that, so that eleven bits index it unchecked.
var pairs36 = func() (table [1 << 11]uint16) {
	for i := range square36 {
		table[i] = uint16(alphabet[i/36]) | uint16(alphabet[i%36])<<8
	}
	return table
}()

// digits36 returns the twelve digits of a chunk, in order from the lowest byte:
// eight, and four.
func digits36(c uint64) (first, last uint64) {
	hi := c / half36
	lo := c - hi*half36
	f, g := hi*fraction36, lo*fraction36
	a0, f := bits.Mul64(f, square36)
	b0, g := bits.Mul64(g, square36)
	a1, f := bits.Mul64(f, square36)
	b1, g := bits.Mul64(g, square36)
	a2, _ := bits.Mul64(f, square36)
	b2, _ := bits.Mul64(g, square36)
	const mask = uint64(len(pairs36) - 1)
	first = uint64(pairs36[a0&mask]) | uint64(pairs36[a1&mask])<<16 |
		uint64(pairs36[a2&mask])<<32 | uint64(pairs36[b0&mask])<<48
	last = uint64(pairs36[b1&mask]) | uint64(pairs36[b2&mask])<<16
	return first, last
}

// put36 writes the digits that digits36 returned.
func put36(dst []byte, first, last uint64) {
	_ = dst[chunk36-1]
	binary.LittleEndian.PutUint64(dst, first)
	binary.LittleEndian.PutUint32(dst[8:], uint32(last))
}

// append36 appends the digits of three chunks.
func append36(dst []byte, high, mid, low uint64, prefix byte, pad int) []byte {
	r := &radixes[36]
	lead, full := high, 2*chunk36
	if high == 0 {
		lead, full = mid, chunk36
	}
	if lead == 0 {
		dst, out := grow(dst, r.count(low), prefix, pad)
		r.put(out, low)
		return dst
	}
	n := r.count(lead)
	dst, out := grow(dst, n+full, prefix, pad)
	// Twelve digits are written, without their zeros; those behind them that are
	// not digits are overwritten next.
	first, last := digits36(lead)
	zeros := uint(chunk36-n) * 8 // bits
	put36(out, first>>zeros|last<<(64-zeros)|last>>(zeros-64), last>>zeros)
	out = out[n:]
	if high != 0 {
		first, last = digits36(mid)
		put36(out, first, last)
		out = out[chunk36:]
	}
	first, last = digits36(low)
	put36(out, first, last)
	return dst
}
