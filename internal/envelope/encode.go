package envelope

import (
	"encoding/binary"

	"github.com/smk-go/smk/internal/varint"
)

// FastMarshaler is a message with a single-pass encoder. MarshalFast writes the message
// to the front of b, as MarshalToSizedBufferVT writes it to the end of its buffer, and
// returns its size. It may overwrite any of b. The result is negative if the message is
// unusual or cannot be encoded; the content of b is then undefined, and
// MarshalToSizedBufferVT writes the message or returns the error.
//
// A type that embeds a FastMarshaler has its MarshalFast too, without the fields that the
// type adds: call it only on types that are known not to.
type FastMarshaler interface {
	MarshalFast(b *[MarshalFastBytes]byte) (n int)
}

// MarshalFastBytes is the size of the buffer of [FastMarshaler].MarshalFast.
const MarshalFastBytes = 272

// EncodeFrameBytes is the size of the buffer of [EncodeFrame], whatever the size of the
// frame. Most of it is overwritten but not used.
const EncodeFrameBytes = 320

// Limits of the frames that EncodeFrame writes, and offsets in them.
const (
	encodeTypeMax = 1<<7 - 2          // the type takes one byte and the body's tag at most two
	encodeSeqMax  = 1<<56 - 1         // the sequence takes at most 8 bytes
	encodeMax     = 1<<7 - 1          // the length of the payload takes one byte, as do those in it
	encodeSeq     = 6                 // where the sequence starts
	encodeBody    = encodeSeq + 8 + 3 // where the body starts at the latest
	encodeTail    = 1 + 8 + 2         // bytes that are overwritten for the last field
)

const _ = uint(EncodeFrameBytes - encodeBody - MarshalFastBytes - encodeTail) // the buffer has room for all

// EncodeFrame writes a whole frame of the application layer to the front of region in one
// pass: frame length, type, sequence, the body m and, behind the fields of m, one more
// varint field with the given tag, unless tag is 0. It returns the offsets in region at
// which the body starts and the frame ends. It may overwrite anything behind the end.
//
// It supports payloads of at most 127 bytes, types up to 126 and sequences below 1<<56. For
// others, and if m.MarshalFast returns a negative size, end is 0 and the content of region is
// undefined; [PutFrameHeader] and [Header.PutWithBody] then write the frame.
func EncodeFrame(
	region *[EncodeFrameBytes]byte, typ uint32, seq uint64, m FastMarshaler, tag byte, value uint64,
) (start, end int) {
	if typ > encodeTypeMax || seq > encodeSeqMax {
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
	binary.LittleEndian.PutUint64(region[encodeSeq:], x)
	at := encodeSeq + n&15
	if body := (typ+1)<<3 | varint.TypeBytes; body < 0x80 {
		region[at] = byte(body)
	} else {
		region[at], region[at+1] = byte(body)|0x80, byte(body>>7)
		at++
	}
	length := (at + 1) & 31 // offset of the body's length; the mask only removes bounds checks
	size := m.MarshalFast((*[MarshalFastBytes]byte)(region[length+1:]))
	if uint(size) > encodeMax {
		return 0, 0
	}
	start = int(length) + 1
	end = start + size
	if tag != 0 {
		end += putTail(region[end:], tag, value)
	}
	if end > 1+encodeMax {
		return 0, 0
	}
	region[0], region[length] = byte(end-1), byte(end-start)
	return start, end
}

// putTail writes a varint field and returns its size.
func putTail(b []byte, tag byte, value uint64) int {
	b[0] = tag
	if value > encodeSeqMax {
		return 1 + binary.PutUvarint(b[1:], value)
	}
	x, n := varint.Spread64(value)
	binary.LittleEndian.PutUint64(b[1:], x)
	return 1 + int(n)
}
