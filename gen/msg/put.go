package msg

import "encoding/binary"

// Order-entry messages have a single-pass encoder beside MarshalToSizedBufferVT, their method Put. It
// writes forwards, without asking for the size first, and every number by one store of 8 bytes. It
// supports only usual messages: at anything else it stops, and the other encoder starts anew. So it has
// no errors of its own, and it writes the same bytes as the other one.

// PutBytes is the size of the buffer that Put writes to.
const PutBytes = 256 + putOverhang

const (
	// putOverhang is how many bytes from its start a field may overwrite.
	putOverhang = 16

	// putMask bounds the positions of fields. The generator refuses a Put for a message in which a field
	// could start further back, so the mask changes nothing. It makes bounds checks unnecessary, and a
	// mistake of ours would spoil a frame instead of memory.
	putMask = 255

	// putTextMax is the longest text that Put writes: its length is one byte.
	putTextMax = 0x7f
)

// putText writes text and returns its length. Four to eight bytes, as most labels have, are copied by two
// stores, which may overlap.
func putText(b *[PutBytes]byte, i uint, text []byte) uint {
	if n := uint(len(text)); n-4 <= 4 {
		binary.LittleEndian.PutUint32(b[i&putMask:], binary.LittleEndian.Uint32(text))
		binary.LittleEndian.PutUint32(b[(i+n-4)&putMask:], binary.LittleEndian.Uint32(text[n-4:]))
		return n
	}
	return uint(copy(b[i&putMask:], text))
}
