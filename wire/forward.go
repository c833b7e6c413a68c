package wire

import (
	"encoding/binary"
	"math/bits"
)

// Putter is a message that can also write itself forwards, which is quicker than
// the two steps of a Marshaler, as long as nothing about it is unusual.
//
// Put writes the message to the front of b, to the same bytes as
// MarshalToSizedBufferVT, and returns their number. It may overwrite the first
// PutBytes bytes of b. A negative number says that Put leaves this message to
// MarshalToSizedBufferVT, errors included; whatever is in those bytes then means
// nothing.
type Putter interface {
	Marshaler
	Put(b []byte) (n int)
}

// PutBytes is the room that [Putter].Put is given.
const PutBytes = 272

// ForwardBytes is the room that [Head.Forward] wants for a frame, whatever its size
// will be. Most of it is overwritten and not used.
const ForwardBytes = 320

const (
	forwardSeq     = 6         // where Forward writes the sequence
	forwardTypeMax = 1<<7 - 1  // its types and tags are short
	forwardSeqMax  = 1<<56 - 1 // its sequences fit 8 bytes
	forwardMax     = 1<<7 - 1  // longest payload: its length, and those inside of it, are one byte
	headBytesMax   = forwardSeq + 8 + 3
	tailBytesMax   = 1 + binary.MaxVarintLen64 + 7 // and what is overwritten behind it
)

const _ = uint(ForwardBytes - headBytesMax - PutBytes - tailBytesMax) // all have room

// Forward writes a whole frame to the front of region in one pass: the header, h,
// the body m and, behind the fields of m, one more varint field with this tag, unless
// the tag is 0. It returns where the body is, capped, and the size of the frame. Of
// what is behind the frame in region, anything may have been overwritten.
//
// It is for the usual frames. A size of 0 says that this is none, or that region has
// less than ForwardBytes: then what is in region means nothing, and
// [Head.PutWithBody] writes the frame.
func (h Head) Forward(region []byte, m Putter, tag byte, value uint64) (body []byte, size int) {
	if len(region) < ForwardBytes || h.EtoType != 0 || h.Replay || h.Type >= forwardTypeMax || h.Seq > forwardSeqMax {
		return nil, 0
	}
	b := (*[headBytesMax]byte)(region)
	seq, n := spread(h.Seq)
	binary.LittleEndian.PutUint64(b[:], tagType<<8|uint64(h.Type)<<16|tagEto<<24|uint64(1+n)<<32|tagSeq<<40)
	binary.LittleEndian.PutUint64(b[forwardSeq:], seq)
	at := forwardSeq + n&15
	if tag := h.bodyTag(); tag < 0x80 {
		b[at] = byte(tag)
	} else {
		b[at], b[at+1] = byte(tag)|0x80, byte(tag>>7)
		at++
	}
	at += 2
	n = m.Put(region[at:])
	if n < 0 {
		return nil, 0
	}
	if tag != 0 {
		n += putTail(region[at+n:], tag, value)
	}
	size = at + n
	if size > 1+forwardMax {
		return nil, 0
	}
	region[0], region[at-1] = byte(size-1), byte(n)
	return region[at:size:size], size
}

// putTail writes a varint field and returns its size.
func putTail(b []byte, tag byte, value uint64) int {
	b[0] = tag
	if value > forwardSeqMax {
		return 1 + binary.PutUvarint(b[1:], value)
	}
	x, n := spread(value)
	binary.LittleEndian.PutUint64(b[1:], x)
	return 1 + n
}

// spread returns the varint of v, which has at most 56 bits, the first byte lowest,
// and its length.
func spread(v uint64) (x uint64, n int) {
	n = (bits.Len64(v|1)*9 + 64) / 64
	x = v&0x0fffffff | v&0x00fffffff0000000<<4
	x = x&0x00003fff00003fff | x&0x0fffc0000fffc000<<2
	x = x&0x007f007f007f007f | x&0x3f803f803f803f80<<1
	return x | 0x8080808080808080&(1<<(8*uint(n)-8&63)-1), n
}
