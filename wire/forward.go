package wire

import (
	"encoding/binary"

	"github.com/smk-go/smk/internal/varint"
)

// Putter is a message that can also write itself forwards, which is quicker than
// the two steps of a Marshaler, as long as nothing about it is unusual.
//
// Put writes the message to the front of b, to the same bytes as
// MarshalToSizedBufferVT, and returns their number. It may overwrite any of b. A
// negative number says that Put leaves this message to MarshalToSizedBufferVT, errors
// included; what is in b then means nothing.
//
// A session asks this of the order-entry messages of gen/msg only: a type that embeds
// one of them has its Put too, without what that type adds.
type Putter interface {
	Marshaler
	Put(b *[PutBytes]byte) (n int)
}

// PutBytes is the room that [Putter].Put is given.
const PutBytes = 272

// ForwardBytes is the room that [Forward] is given for a frame, whatever its size
// will be. Most of it is overwritten and not used.
const ForwardBytes = 320

const (
	forwardTypeMax = 1<<7 - 2  // its type is one byte and its tag at most two
	forwardSeqMax  = 1<<56 - 1 // its sequence fits 8 bytes
	forwardMax     = 1<<7 - 1  // its payload's length is one byte, and so are those inside
	forwardSeq     = 6         // where the sequence is
	forwardBodyMax = forwardSeq + 8 + 3
	forwardTailMax = 1 + 8 + 2 // what is overwritten for the last field
)

const _ = uint(ForwardBytes - forwardBodyMax - PutBytes - forwardTailMax) // all have room

// Forward writes a whole frame of the application layer to the front of region, in one
// pass: header, type, sequence, the body m and, behind the fields of m, one more varint
// field with this tag, unless the tag is 0. It returns where in region the body starts
// and the frame ends. Behind its end anything may have been overwritten.
//
// It is for the usual frames. An end of 0 says that this is none; what is in region then
// means nothing, and [Head.PutWithBody] writes the frame.
func Forward(region *[ForwardBytes]byte, typ uint32, seq uint64, m Putter, tag byte, value uint64) (start, end int) {
	if typ > forwardTypeMax || seq > forwardSeqMax {
		return 0, 0
	}
	var x uint64
	var n uint
	if seq < 1<<28 {
		low, size := varint.Spread28(uint32(seq))
		x, n = uint64(low), size
	} else {
		x, n = varint.Spread64(seq)
	}
	binary.LittleEndian.PutUint32(region[:], tagType<<8|typ<<16|tagEto<<24)
	binary.LittleEndian.PutUint16(region[4:], uint16(1+n)|tagSeq<<8)
	binary.LittleEndian.PutUint64(region[forwardSeq:], x)
	at := forwardSeq + n&15
	if body := (typ+1)<<3 | varint.TypeBytes; body < 0x80 {
		region[at] = byte(body)
	} else {
		region[at], region[at+1] = byte(body)|0x80, byte(body>>7)
		at++
	}
	length := (at + 1) & 31 // where that of the body is; the mask only tells the compiler
	size := m.Put((*[PutBytes]byte)(region[length+1:]))
	if uint(size) > forwardMax {
		return 0, 0
	}
	start = int(length) + 1
	end = start + size
	if tag != 0 {
		end += putTail(region[end:], tag, value)
	}
	if end > 1+forwardMax {
		return 0, 0
	}
	region[0], region[length] = byte(end-1), byte(end-start)
	return start, end
}

// putTail writes a varint field and returns its size.
func putTail(b []byte, tag byte, value uint64) int {
	b[0] = tag
	if value > forwardSeqMax {
		return 1 + binary.PutUvarint(b[1:], value)
	}
	x, n := varint.Spread64(value)
	binary.LittleEndian.PutUint64(b[1:], x)
	return 1 + int(n)
}
