package oracle

import (
	"math"
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// integers are where encodings change their length and integers their meaning.
var integers = []uint64{
	0, 1, 2, 127, 128, 129, 255, 256, 16383, 16384, 16385, 1<<21 - 1, 1 << 21, 1<<28 - 1, 1 << 28,
	1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 1, 1 << 32, 1<<35 - 1, 1 << 35, 1<<42 - 1, 1 << 42, 1<<49 - 1, 1 << 49,
	1 << 53, 1<<53 + 1, 1<<56 - 1, 1 << 56, 1<<63 - 1, 1 << 63, 1<<63 + 1, 1<<64 - 2, 1<<64 - 1,
}

var floats = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.1, 1e-9, 12345.67, 1e15, 1e16, 1e300, -1e300,
	math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), math.NaN(),
	math.Float64frombits(0xfff8000000000001), // a NaN with a sign and a payload
	math.Float64frombits(0x7ff0000000000001), // a signalling NaN
}

var texts = []string{
	"", "a", "label-1", "café", "🐎 2.30 Ascot", "\x00", "line\nbreak \"quoted\" \\", "\u202e", "\ufeff",
	strings.Repeat("x", 127), strings.Repeat("y", 128), strings.Repeat("é", 300), strings.Repeat("z", 16384),
}

// Random returns a message of type t with all required fields. A payload has the one body that its
// type names, or none.
func Random(r *rand.Rand, t Type) Standard {
	p := t.NewStandard()
	if t.Name == payloadName {
		fillPayload(r, p.ProtoReflect())
	} else {
		fill(r, p.ProtoReflect())
	}
	return p
}

// fillPayload fills the envelope and the body of a random type.
func fillPayload(r *rand.Rand, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	typ := fields.ByNumber(typeNumber)
	value := enum(r, typ.Enum())
	m.Set(typ, protoreflect.ValueOfEnum(value))
	fill(r, m.Mutable(fields.ByNumber(envelopeNumber)).Message())
	body := fields.ByNumber(protoreflect.FieldNumber(value) + 1)
	if body != nil && body.Number() >= bodyNumberMin && r.IntN(16) > 0 {
		fill(r, m.Mutable(body).Message())
	}
}

// fill sets the required fields of m and some of the others.
func fill(r *rand.Rand, m protoreflect.Message) {
	presence := []float64{0, 0.2, 0.5, 0.8, 1}[r.IntN(5)]
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Cardinality() != protoreflect.Required && r.Float64() >= presence {
			continue
		}
		switch {
		case f.IsList():
			list := m.Mutable(f).List()
			for range elements(r) {
				if f.Kind() == protoreflect.MessageKind {
					fill(r, list.AppendMutable().Message())
				} else {
					list.Append(scalar(r, f))
				}
			}
		case f.Kind() == protoreflect.MessageKind:
			fill(r, m.Mutable(f).Message())
		default:
			m.Set(f, scalar(r, f))
		}
	}
}

func elements(r *rand.Rand) int {
	switch r.IntN(8) {
	case 0:
		return 0
	case 1:
		return r.IntN(40)
	}
	return 1 + r.IntN(5)
}

func scalar(r *rand.Rand, f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(r.IntN(2) == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(enum(r, f.Enum()))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(integer(r)))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(integer(r))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float(r))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text(r))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(text(r)))
	}
	panic("BUG: kind " + f.Kind().String() + " is not in the protocol")
}

func integer(r *rand.Rand) uint64 {
	if r.IntN(2) == 0 {
		return integers[r.IntN(len(integers))]
	}
	return r.Uint64() >> r.IntN(64)
}

func float(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return floats[r.IntN(len(floats))]
	}
	return math.Float64frombits(r.Uint64())
}

// enum returns mostly values that the schema names.
func enum(r *rand.Rand, e protoreflect.EnumDescriptor) protoreflect.EnumNumber {
	switch r.IntN(32) {
	case 0:
		return protoreflect.EnumNumber(int32(integer(r)))
	case 1: // the first that the schema does not name
		return e.Values().Get(e.Values().Len()-1).Number() + 1
	}
	return e.Values().Get(r.IntN(e.Values().Len())).Number()
}

func text(r *rand.Rand) string {
	if r.IntN(4) > 0 {
		return texts[r.IntN(len(texts)-1)]
	}
	return texts[r.IntN(len(texts))]
}

// Behind fills slack with what may lie behind the message b: anything, or what makes a decoder believe
// that the message goes on.
func Behind(r *rand.Rand, slack, b []byte) {
	choice := r.IntN(5)
	if len(b) == 0 {
		choice = 4
	}
	switch choice {
	case 0: // the same again, from any byte on
		from := r.IntN(len(b))
		for i := range slack {
			slack[i] = b[(from+i)%len(b)]
		}
	case 3: // the last bytes again and again, which may be an element of a repeated field
		last := b[max(0, len(b)-4-r.IntN(12)):]
		for i := range slack {
			slack[i] = last[i%len(last)]
		}
	case 1: // varints without an end
		fillBytes(slack, byte(0x80|r.IntN(128)))
	case 2: // one byte
		fillBytes(slack, byte(r.IntN(128)))
	default:
		for i := range slack {
			slack[i] = byte(r.Uint32())
		}
	}
}

func fillBytes(b []byte, c byte) {
	for i := range b {
		b[i] = c
	}
}
