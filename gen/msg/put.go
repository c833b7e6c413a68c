package msg

import "encoding/binary"

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
