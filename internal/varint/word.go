package varint

import "math/bits"

// Continuation is the bits of a word that say of each byte that the varint goes on.
const Continuation = 0x8080808080808080

// Two returns the varint of two bytes at the low end of x.
func Two(x uint64) uint64 { return x&0x7f | x>>1&0x3f80 }

// Three returns the varint of three bytes at the low end of x.
func Three(x uint64) uint64 { return x&0x7f | x>>1&0x3f80 | x>>2&0x1fc000 }

// Four returns the varint of four bytes at the low end of x.
func Four(x uint64) uint64 { return x&0x7f | x>>1&0x3f80 | x>>2&0x1fc000 | x>>3&0xfe00000 }

// Eight returns the varint of up to eight bytes that is all of x.
func Eight(x uint64) uint64 {
	x &^= Continuation
	x = x&0x007f007f007f007f | x>>1&0x3f803f803f803f80
	x = x&0x00003fff00003fff | x>>2&0x0fffc0000fffc000
	return x&0x000000000fffffff | x>>4&0x00fffffff0000000
}

// more and length are, by a number's length in bits, what turns its groups of 7 bits into a varint:
// the continuation bits of the first 8 bytes, and how many bytes there are.
var more, length = func() (more [65]uint64, length [65]uint8) {
	for k := range more {
		n := max(1, (k+6)/7)
		more[k], length[k] = Continuation&(1<<(8*(n-1))-1), uint8(n)
	}
	return more, length
}()

// Spread28 returns the varint of v, which has at most 28 bits, and its length in bytes.
//
// It moves the upper half of the groups up by two bits, and then every other group by one: to move
// bits by k is to add them 1<<k-1 times.
func Spread28(v uint32) (x uint32, n uint) {
	k := bits.Len32(v)
	x = v + 3*(v&0xfffc000)
	x += x & 0x3f803f80
	return x | uint32(more[k]), uint(length[k])
}

// Spread32 is [Spread28] for any number of 32 bits.
func Spread32(v uint32) (x uint64, n uint) {
	k := bits.Len32(v)
	x = uint64(v&0xfffffff) | uint64(v>>28)<<32
	x += 3 * (x & 0xfffc000)
	x += x & 0x3f803f80
	return x | more[k], uint(length[k])
}

// Spread64 returns the first 8 bytes of the varint of v, and the length in bytes of the whole; the
// rest is [Ninth].
func Spread64(v uint64) (x uint64, n uint) {
	k := bits.Len64(v)
	x = v&0xfffffff | v>>28&0xfffffff<<32
	x += 3 * (x & 0x0fffc0000fffc000)
	x += x & 0x3f803f803f803f80
	return x | more[k], uint(length[k])
}

// Ninth returns the ninth and the tenth byte of the varint of v. A varint of nine bytes ends with the
// first of them.
func Ninth(v uint64) uint16 { return uint16(v>>56) | uint16(v>>63)<<8 }
