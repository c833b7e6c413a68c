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

// varintOf is, by a number's length in bits, what turns its groups of 7 bits into a varint: the bits
// that say that it goes on, of the first 8 bytes, and how many bytes there are.
var varintOf = func() (table [65]struct {
	continued uint64
	bytes     uint
},
) {
	for k := range table {
		n := uint(max(1, (k+6)/7))
		table[k].bytes = n
		table[k].continued = continued & (1<<(8*(n-1)) - 1)
	}
	return table
}()

// spread32 returns the varint of v, the first byte lowest, and its length.
func spread32(v uint32) (x uint64, n uint) {
	to := &varintOf[bits.Len32(v)]
	x = uint64(v)
	x = x&0x3fff | x&0xfffc000<<2 | x&0xf0000000<<4
	x = x&0x0f007f007f | x&0x3f803f80<<1
	return x | to.continued, to.bytes
}

// spread28 is spread32 for less than 28 bits.
func spread28(v uint32) (x uint32, n uint) {
	to := &varintOf[bits.Len32(v)]
	x = v&0x3fff | v&0xfffc000<<2
	x = x&0x007f007f | x&0x3f803f80<<1
	return x | uint32(to.continued), to.bytes
}

// spread64 returns the first 8 bytes of the varint of v, the first byte lowest, and the length of the
// whole.
func spread64(v uint64) (x uint64, n uint) {
	to := &varintOf[bits.Len64(v)]
	x = v&0x0fffffff | v&0x00fffffff0000000<<4
	x = x&0x00003fff00003fff | x&0x0fffc0000fffc000<<2
	x = x&0x007f007f007f007f | x&0x3f803f803f803f80<<1
	return x | to.continued, to.bytes
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
