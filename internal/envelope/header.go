package envelope

import (
	"encoding/binary"

	"github.com/smk-go/smk/internal/varint"
)

// Header holds the fields that precede the body of an outgoing payload: the seto type
// and the eto_payload. The field number of the body follows from the type.
//
//	08 type  12 length  08 seq  [10 eto type]  [18 01]  [body tag, length, body]
//	| Header ........................................ |
type Header struct {
	Type    uint32 // seto type
	Seq     uint64 // sequence of the message
	EtoType uint32 // omitted if 0, as in application messages
	Replay  bool   // omitted if false
}

const (
	replayTrue = 1 // value of is_replay

	headerBytesMin = 6 // type and sequence of one byte each, no eto type, no replay flag
	frameBytesMin  = 4 // a shorter frame is padded
)

const _ = uint(1 + headerBytesMin - frameBytesMin) // a frame with a header needs no padding

// Size is the number of bytes that Put writes.
func (h Header) Size() int {
	eto := h.etoSize()
	return 2 + varint.Size(uint64(h.Type)) + varint.Size(uint64(eto)) + eto
}

func (h Header) etoSize() int {
	n := 1 + varint.Size(h.Seq)
	if h.EtoType != 0 {
		n += 1 + varint.Size(uint64(h.EtoType))
	}
	if h.Replay {
		n += 2
	}
	return n
}

// Put writes the header to the front of b and returns its size. It panics if b is
// shorter than that.
func (h Header) Put(b []byte) int {
	b[0] = tagType
	i := 1 + binary.PutUvarint(b[1:], uint64(h.Type))
	b[i] = tagEto
	i++
	i += binary.PutUvarint(b[i:], uint64(h.etoSize()))
	b[i] = tagSeq
	i++
	i += binary.PutUvarint(b[i:], h.Seq)
	if h.EtoType != 0 {
		b[i] = tagEtoType
		i++
		i += binary.PutUvarint(b[i:], uint64(h.EtoType))
	}
	if h.Replay {
		b[i], b[i+1] = tagIsReplay, replayTrue
		i += 2
	}
	return i
}

// SizeWithBody is the size of a payload with this header and a body of n bytes.
func (h Header) SizeWithBody(n int) int {
	return h.Size() + varint.Size(h.bodyTag()) + varint.Size(uint64(n)) + n
}

// PutWithBody writes the header and the tag and length of a body of n bytes to payload,
// which must have exactly SizeWithBody(n) bytes, and returns the capped slice for the
// body. It panics otherwise.
func (h Header) PutWithBody(payload []byte, n int) (body []byte) {
	i := h.Put(payload)
	i += binary.PutUvarint(payload[i:], h.bodyTag())
	i += binary.PutUvarint(payload[i:], uint64(n))
	if i+n != len(payload) {
		panic("BUG: envelope: payload is not as long as header and body")
	}
	return payload[i : i+n : i+n]
}

// bodyTag is the tag of the body; its field number is the type plus one.
func (h Header) bodyTag() uint64 { return (uint64(h.Type)+1)<<3 | varint.TypeBytes }

// FrameSize is the number of bytes of a frame with a payload of n bytes. The payload
// has a header, so the frame needs no padding.
func FrameSize(n int) int { return varint.Size(uint64(n)) + n }

// PutFrameHeader writes the length of a payload of n bytes to the front of frame, which
// must have exactly FrameSize(n) bytes, and returns the capped slice for the payload.
// It panics otherwise.
func PutFrameHeader(frame []byte, n int) (payload []byte) {
	if n < 0 || len(frame) != FrameSize(n) {
		panic("BUG: envelope: frame is not as long as its payload requires")
	}
	i := binary.PutUvarint(frame, uint64(n))
	return frame[i : i+n : i+n]
}
