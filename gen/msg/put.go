package msg

import (
	"encoding/binary"
	"math/bits"
)

// The messages that a bot sends all day have a second encoder beside MarshalToSizedBufferVT, their
// method Put. It writes forwards, without asking for the size before, every number by one store of
// 8 bytes, and knows only what such messages look like: at the first thing that is unusual it gives
// up, and the other encoder starts anew. So it has no errors of its own, and what it does write is
// what the other one writes.

// PutBytes is the room that Put is given.
const PutBytes = 256 + putOverhang

const (
	// putOverhang is the most that one field may write behind where it starts.
	putOverhang = 16

	// putMask bounds the places where fields start. The generator refuses a Put for a message in
	// which one could start further back, so that the mask changes nothing: it spares the compiler's
	// checks, and our own mistake would spoil a frame instead of memory.
	putMask = 255

	// putTextMax is the longest text that Put writes: its length is one byte.
	putTextMax = 0x7f
)

// varintMore and varintLen are, by a number's length in bits, what turns its groups of 7 bits into a
// varint: the bits of the first 8 bytes that say that it goes on, and how many bytes there are.
var varintMore, varintLen = func() (more [65]uint64, length [65]uint8) {
	for k := range more {
		n := max(1, (k+6)/7)
		more[k], length[k] = continued&(1<<(8*(n-1))-1), uint8(n)
	}
	return more, length
}()

// spread28 returns the varint of v, which has at most 28 bits, the first byte lowest, and its length.
//
// It moves the upper half of the groups up by two bits, and then every other group by one: to move
// bits by k is to add them 1<<k-1 times.
func spread28(v uint32) (x uint32, n uint) {
	k := bits.Len32(v)
	x = v + 3*(v&0xfffc000)
	x += x & 0x3f803f80
	return x | uint32(varintMore[k]), uint(varintLen[k])
}

// spread32 is spread28 for any number.
func spread32(v uint32) (x uint64, n uint) {
	k := bits.Len32(v)
	x = uint64(v&0xfffffff) | uint64(v>>28)<<32
	x += 3 * (x & 0xfffc000)
	x += x & 0x3f803f80
	return x | varintMore[k], uint(varintLen[k])
}

// spread64 returns the first 8 bytes of the varint of v, the first byte lowest, and the length of the
// whole.
func spread64(v uint64) (x uint64, n uint) {
	k := bits.Len64(v)
	x = v&0xfffffff | v>>28&0xfffffff<<32
	x += 3 * (x & 0x0fffc0000fffc000)
	x += x & 0x3f803f803f803f80
	return x | varintMore[k], uint(varintLen[k])
}

// ninth returns the ninth and the tenth byte of the varint of v. A varint of nine bytes ends with the
// first of them.
func ninth(v uint64) uint16 { return uint16(v>>56) | uint16(v>>63)<<8 }

// putText writes text and returns its length. A few bytes, as most labels are, it copies by two
// stores, which meet or overlap.
func putText(b *[PutBytes]byte, i uint, text []byte) uint {
	if n := uint(len(text)); n-4 <= 4 {
		binary.LittleEndian.PutUint32(b[i&putMask:], binary.LittleEndian.Uint32(text))
		binary.LittleEndian.PutUint32(b[(i+n-4)&putMask:], binary.LittleEndian.Uint32(text[n-4:]))
		return n
	}
	return uint(copy(b[i&putMask:], text))
}
