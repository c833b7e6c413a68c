package wire

import (
	"encoding/binary"

	"github.com/smk-go/smk/internal/varint"
)

// Head is what an outgoing payload has in front of its body: the seto type and
// the eto_payload. The body's field number follows from the type.
//
//	08 type  12 length  08 seq  [10 eto type]  [18 01]  [body tag, length, body]
//	| Head .......................................... |
type Head struct {
	Type    uint32 // seto type
	Seq     uint64 // sequence of the message
	EtoType uint32 // 0 leaves it out, as application messages do
	Replay  bool   // left out unless true
}

const tagReplayTrue = 1 // is_replay spelled out: tag and this

// Size is the number of bytes that Put writes.
func (h Head) Size() int {
	eto := h.etoSize()
	return 2 + varint.Size(uint64(h.Type)) + varint.Size(uint64(eto)) + eto
}

func (h Head) etoSize() int {
	n := 1 + varint.Size(h.Seq)
	if h.EtoType != 0 {
		n += 1 + varint.Size(uint64(h.EtoType))
	}
	if h.Replay {
		n += 2
	}
	return n
}

// Put writes the head to the front of b and returns its size. It panics if b is
// shorter than that.
func (h Head) Put(b []byte) int {
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
		b[i], b[i+1] = tagIsReplay, tagReplayTrue
		i += 2
	}
	return i
}

// SizeWithBody is the size of a payload of head and a body of n bytes.
func (h Head) SizeWithBody(n int) int {
	return h.Size() + varint.Size(h.bodyTag()) + varint.Size(uint64(n)) + n
}

// PutWithBody writes head, tag and length of a body of n bytes to payload, which
// must have exactly SizeWithBody(n) bytes, and returns the place for the body,
// capped. It panics otherwise.
func (h Head) PutWithBody(payload []byte, n int) (body []byte) {
	i := h.Put(payload)
	i += binary.PutUvarint(payload[i:], h.bodyTag())
	i += binary.PutUvarint(payload[i:], uint64(n))
	if i+n != len(payload) {
		panic("BUG: wire: payload is not as long as head and body")
	}
	return payload[i : i+n : i+n]
}

// bodyTag is the tag of the body: its field number is the type's plus one.
func (h Head) bodyTag() uint64 { return (uint64(h.Type)+1)<<3 | varint.TypeBytes }
