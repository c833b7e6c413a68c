package msg

import "encoding/binary"

// Order-entry messages have a single-pass encoder beside MarshalToSizedBufferVT: their method MarshalFast.
// It writes forwards, without computing the size first, and every number by one store of 8 bytes. It
// supports only usual messages: at anything else it stops, and MarshalToSizedBufferVT starts over. So
// MarshalFast has no errors of its own. Both encoders write the same bytes.

// MarshalFastBytes is the size of the buffer of the MarshalFast methods.
const MarshalFastBytes = 256 + fastOverhang

const (
	// fastOverhang is how many bytes from its start a field may overwrite.
	fastOverhang = 16

	// fastMask bounds the positions of fields. The generator refuses a message in which a field could
	// start further back, so the mask changes nothing. It makes bounds checks unnecessary, and a bug
	// would corrupt a frame instead of memory.
	fastMask = 255

	// fastTextMax is the longest text that MarshalFast writes: its length takes one byte.
	fastTextMax = 0x7f
)

// putText writes text and returns its length. Four to eight bytes, as most labels have, are copied by two
// stores, which may overlap.
func putText(b *[MarshalFastBytes]byte, i uint, text []byte) uint {
	if n := uint(len(text)); n-4 <= 4 {
		binary.LittleEndian.PutUint32(b[i&fastMask:], binary.LittleEndian.Uint32(text))
		binary.LittleEndian.PutUint32(b[(i+n-4)&fastMask:], binary.LittleEndian.Uint32(text[n-4:]))
		return n
	}
	return uint(copy(b[i&fastMask:], text))
}
