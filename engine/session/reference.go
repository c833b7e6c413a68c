package session

import (
	"encoding/binary"
	"math/bits"

	"github.com/smk-go/smk/gen/msg"
)

// references are the automatic ones, which count up.
type references struct {
	last uint64 // the last one that was used
	off  bool
}

// next returns the next one, 0 if there are none. It is used by making it the last.
func (r *references) next() uint64 {
	if r.off {
		return 0
	}
	return max(r.last+1, 1)
}

// referenceTag returns the tag of the reference field of an order-entry message. Its numbers are small: the
// tag is one byte.
func referenceTag(typ msg.PayloadType) byte { return referenceTags[uint(typ)%uint(len(referenceTags))] }

var referenceTags = [64]byte{
	msg.PayloadOrderCreate:         11 << 3,
	msg.PayloadOrderCancel:         2 << 3,
	msg.PayloadOrderCancelAll:      1 << 3,
	msg.PayloadOrderQuantityReduce: 3 << 3,
	msg.PayloadOrderCancelReplace:  6 << 3,
}

// referenceSize is the number of bytes that putReference writes.
func referenceSize(reference uint64) int {
	if reference == 0 {
		return 0
	}
	return 1 + (bits.Len64(reference)+6)/7
}

// putReference writes the reference field over all of b.
func putReference(b []byte, typ msg.PayloadType, reference uint64) {
	b[0] = referenceTag(typ)
	binary.PutUvarint(b[1:], reference)
}
