package envelope

import (
	"encoding/binary"

	"github.com/smk-go/smk/internal/varint"
)

// Fields that Parse reads, and their tags.
const (
	fieldType     = 1 // seto.Payload.type
	fieldEto      = 2 // seto.Payload.eto_payload
	fieldSeq      = 1 // eto.Payload.seq
	fieldEtoType  = 2 // eto.Payload.type
	fieldIsReplay = 3 // eto.Payload.is_replay

	tagType     = fieldType<<3 | varint.TypeVarint
	tagEto      = fieldEto<<3 | varint.TypeBytes
	tagSeq      = fieldSeq<<3 | varint.TypeVarint
	tagEtoType  = fieldEtoType<<3 | varint.TypeVarint
	tagIsReplay = fieldIsReplay<<3 | varint.TypeVarint

	// The first five bytes of the common shape as a little-endian word: three
	// tags, and between them a type and a length of one byte each.
	commonTags = tagType | tagEto<<16 | tagSeq<<32
	commonMask = 0xff | 0x80<<8 | 0xff<<16 | 0x80<<24 | 0xff<<32
)

// Parse reads the envelope of a seto.Payload without decoding the body. It allocates
// only when it fails. It follows the rules of protobuf decoders: fields come in any
// order, the last value of a field wins, several eto_payload merge, unknown fields and
// groups are skipped, required fields may be missing (see the Has methods). It walks
// all fields of the payload but skips a body by its length, so that success does not
// mean that the body can be decoded.
//
// It is stricter than a protobuf decoder in two ways: a field that it reads must have
// the wire type of the schema, and groups may nest 64 deep at most.
//
// The error is a *[Error]; the envelope is then zero.
func Parse(payload []byte) (Envelope, error) {
	if env, ok := parseCommon(payload); ok {
		return env, nil
	}
	return parseAny(payload)
}

// parseCommon is Parse for the shape that the exchange and clients write: type,
// eto_payload, at most one body, each with short tags and lengths, and the fields
// of the eto_payload in order. For anything else ok is false, and parseAny starts over.
//
//	08 tt  12 ll  08 ss..  [10 tt]  [18 rr]  [body tag, length, body]
func parseCommon(p []byte) (env Envelope, ok bool) {
	if len(p) < 8 {
		return Envelope{}, false
	}
	front := binary.LittleEndian.Uint64(p)
	end := 4 + int(front>>24&0xff)
	if front&commonMask != commonTags || end > len(p) {
		return Envelope{}, false
	}
	eto := p[:end]

	// Nine groups of seven bits hold every sequence of less than 2^63.
	at, seq := 6, front>>40&0xff
	if seq >= 0x80 {
		seq &= 0x7f
		for shift := uint(7); ; shift += 7 {
			if at >= len(eto) || shift > 56 {
				return Envelope{}, false
			}
			c := eto[at]
			at++
			seq |= uint64(c&0x7f) << shift
			if c < 0x80 {
				break
			}
		}
	}
	has, etoType, isReplay := hasType|hasEto|hasSeq, uint32(EtoNone), false
	if at+1 < len(eto) && eto[at] == tagEtoType && eto[at+1] < 0x80 {
		etoType = uint32(eto[at+1])
		has |= hasEtoType
		at += 2
	}
	if at+1 < len(eto) && eto[at] == tagIsReplay && eto[at+1] < 0x80 {
		isReplay = eto[at+1] != 0
		has |= hasIsReplay
		at += 2
	}
	if at != len(eto) || at != len(p) && !isOneBody(p[at:]) {
		return Envelope{}, false
	}
	return Envelope{
		Seq:     seq,
		Type:    uint32(front >> 8 & 0xff),
		EtoType: etoType,
		Flags:   Flags{IsReplay: isReplay, has: has},
	}, true
}

// isOneBody reports whether p is exactly one field of bytes other than those
// Parse reads, with a tag and a length of at most two bytes each.
func isOneBody(p []byte) bool {
	if len(p) < 4 || p[0]&7 != varint.TypeBytes || p[0] <= tagEto {
		return false
	}
	at := 1
	if p[0] >= 0x80 {
		// A zero would spell a one-byte tag in two, perhaps one that Parse reads.
		if p[1] == 0 || p[1] >= 0x80 {
			return false
		}
		at = 2
	}
	length := int(p[at])
	if length >= 0x80 {
		at++
		if p[at] >= 0x80 {
			return false
		}
		length = length&0x7f | int(p[at])<<7
	}
	return at+1+length == len(p)
}

// parseAny is Parse for every payload. After a failure env is zero.
func parseAny(payload []byte) (Envelope, error) {
	env := Envelope{EtoType: EtoNone}
	c := cursor{b: payload}
	for c.more() {
		switch c.field() {
		case fieldType:
			env.Type = uint32(c.varintValue())
			env.has |= hasType
		case fieldEto:
			env.has |= hasEto
			rest := c.enter()
			parseEto(&env, &c)
			c.leave(rest)
		default:
			c.skip()
		}
	}
	if c.err != nil {
		return Envelope{}, c.err
	}
	return env, nil
}

// parseEto merges the eto.Payload that c is limited to into env.
func parseEto(env *Envelope, c *cursor) {
	for c.more() {
		switch c.field() {
		case fieldSeq:
			env.Seq = c.varintValue()
			env.has |= hasSeq
		case fieldEtoType:
			env.EtoType = uint32(c.varintValue())
			env.has |= hasEtoType
		case fieldIsReplay:
			env.IsReplay = c.varintValue() != 0
			env.has |= hasIsReplay
		default:
			c.skip()
		}
	}
}
