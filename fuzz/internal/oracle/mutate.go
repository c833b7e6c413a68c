package oracle

import (
	"bytes"
	"math/rand/v2"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Mutate returns a broken or unusual copy of the message in b.
func Mutate(r *rand.Rand, b []byte) []byte {
	for range 1 + r.IntN(3) {
		fields, ok := split(b)
		if ok && r.IntN(3) > 0 {
			b = join(mutateFields(r, fields))
		} else {
			b = mutateBytes(r, b)
		}
	}
	return b
}

// piece is one field of a message that is being broken.
type piece struct {
	number protowire.Number
	wire   protowire.Type
	value  []byte // of wire type bytes, without its length
	long   int    // bytes by which tag and length are longer than they need be
}

// split cuts a well-formed message into its fields.
func split(b []byte) (pieces []piece, ok bool) {
	for len(b) > 0 {
		number, wire, size := protowire.ConsumeTag(b)
		if size < 0 {
			return nil, false
		}
		b = b[size:]
		length := protowire.ConsumeFieldValue(number, wire, b)
		if length < 0 {
			return nil, false
		}
		value := b[:length]
		b = b[length:]
		if wire == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		pieces = append(pieces, piece{number: number, wire: wire, value: bytes.Clone(value)})
	}
	return pieces, true
}

func join(pieces []piece) []byte {
	var b []byte
	for _, p := range pieces {
		b = appendLong(b, protowire.EncodeTag(p.number, p.wire), p.long)
		if p.wire == protowire.BytesType {
			b = appendLong(b, uint64(len(p.value)), p.long)
		}
		b = append(b, p.value...)
	}
	return b
}

// appendLong appends v as a varint that is longer than it need be, 10 bytes at most.
func appendLong(b []byte, v uint64, long int) []byte {
	long = min(long, 10-protowire.SizeVarint(v))
	b = protowire.AppendVarint(b, v)
	for range long {
		b[len(b)-1] |= 0x80
		b = append(b, 0)
	}
	return b
}

// mutateFields breaks a message field by field.
func mutateFields(r *rand.Rand, pieces []piece) []piece {
	if len(pieces) == 0 {
		return append(pieces, unknownPiece(r))
	}
	k := r.IntN(len(pieces))
	p := &pieces[k]
	switch r.IntN(12) {
	case 0: // drop
		return slices.Delete(pieces, k, k+1)
	case 1: // double, somewhere
		return slices.Insert(pieces, r.IntN(len(pieces)+1), *p)
	case 2: // shuffle
		r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	case 3: // unknown field, somewhere
		return slices.Insert(pieces, r.IntN(len(pieces)+1), unknownPiece(r))
	case 4: // longer than it need be
		p.long = 1 + r.IntN(9)
		if p.wire == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(p.value)
			p.value = appendLong(nil, v, 1+r.IntN(9))
		}
	case 5: // another number
		p.number = protowire.Number(1 + r.IntN(48))
	case 6: // another wire type, sound
		*p = randomPiece(r, p.number)
	case 7: // packed
		if p.wire == protowire.VarintType {
			p.wire = protowire.BytesType
			for range r.IntN(4) {
				p.value = protowire.AppendVarint(p.value, uint64(r.IntN(20)))
			}
		}
	case 8: // in two parts, each of which may be less than a message
		if parts, ok := split(p.value); ok && p.wire == protowire.BytesType && len(parts) > 0 {
			cut := r.IntN(len(parts) + 1)
			rest := *p
			p.value, rest.value = join(parts[:cut]), join(parts[cut:])
			return slices.Insert(pieces, k+1+r.IntN(len(pieces)-k), rest)
		}
	case 9: // another value
		if p.wire == protowire.VarintType {
			p.value = protowire.AppendVarint(nil, integer(r))
		}
	default: // inside
		if p.wire == protowire.BytesType {
			p.value = Mutate(r, p.value)
		}
	}
	return pieces
}

// unknownPiece is a field that no schema names, or a body that is foreign to most payloads.
func unknownPiece(r *rand.Rand) piece {
	numbers := []protowire.Number{
		20, 22, 24, 46, 47, 100, 2047, 2048, 19000, 1<<29 - 1,
		protowire.Number(1 + r.IntN(50)),
	}
	return randomPiece(r, numbers[r.IntN(len(numbers))])
}

// randomPiece is a sound value of any wire type.
func randomPiece(r *rand.Rand, number protowire.Number) piece {
	p := piece{number: number}
	switch r.IntN(5) {
	case 0:
		p.value = protowire.AppendVarint(nil, integer(r))
	case 1:
		p.wire, p.value = protowire.Fixed64Type, protowire.AppendFixed64(nil, integer(r))
	case 2:
		p.wire, p.value = protowire.Fixed32Type, protowire.AppendFixed32(nil, uint32(integer(r)))
	case 3:
		p.wire, p.value = protowire.BytesType, []byte(texts[r.IntN(8)])
	default:
		p.wire, p.value = protowire.StartGroupType, group(r, number, 1)
	}
	return p
}

// group is the inside of a group and its end. One in some nests deeper than is allowed.
func group(r *rand.Rand, number protowire.Number, depth int) []byte {
	if depth == 1 && r.IntN(8) == 0 {
		deep := 62 + r.IntN(4)
		b := bytes.Repeat(protowire.AppendTag(nil, number, protowire.StartGroupType), deep)
		return append(b, bytes.Repeat(protowire.AppendTag(nil, number, protowire.EndGroupType), deep+1)...)
	}
	var b []byte
	for range r.IntN(3) {
		inner := protowire.Number(1 + r.IntN(100))
		if r.IntN(8) == 0 {
			inner = 1<<29 + protowire.Number(r.IntN(1<<30))
		}
		if depth < 4 && r.IntN(3) == 0 {
			b = protowire.AppendTag(b, inner, protowire.StartGroupType)
			b = append(b, group(r, inner, depth+1)...)
			continue
		}
		b = protowire.AppendTag(b, inner, protowire.VarintType)
		b = protowire.AppendVarint(b, integer(r))
	}
	if r.IntN(16) == 0 {
		number++
	}
	return protowire.AppendTag(b, number, protowire.EndGroupType)
}

// mutateBytes breaks a message without regard to its fields.
func mutateBytes(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) == 0 {
		return noise(r)
	}
	k := r.IntN(len(b))
	switch r.IntN(8) {
	case 0: // one bit
		b[k] ^= 1 << r.IntN(8)
	case 1: // cut
		b = b[:k]
	case 2: // one byte less
		b = slices.Delete(b, k, k+1)
	case 3: // one byte more
		b = slices.Insert(b, k, byte(r.Uint32()))
	case 4: // a varint too long
		b = slices.Insert(b, k, bytes.Repeat([]byte{0xff}, 9+r.IntN(2))...)
	case 5: // a part repeated
		end := k + r.IntN(len(b)-k) + 1
		b = slices.Insert(b, end, bytes.Clone(b[k:end])...)
	case 6: // one byte
		b[k] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
	default: // an end that means nothing
		b = append(b, noise(r)...)
	}
	return b
}

// noise is a few bytes of any value.
func noise(r *rand.Rand) []byte {
	b := make([]byte, r.IntN(24))
	for i := range b {
		b[i] = byte(r.Uint32())
		if r.IntN(2) == 0 {
			b[i] &= 0x1f // numbers and wire types that are more likely to mean something
		}
	}
	return b
}

// Noise returns bytes that are no message in particular.
func Noise(r *rand.Rand) []byte { return noise(r) }
