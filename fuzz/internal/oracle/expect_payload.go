package oracle

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	typeNumber     = 1
	envelopeNumber = 2
	bodyNumberMin  = 3
	bodyNumberMax  = 45
)

// expectPayload is Expect for the union. The last type decides which body is read, and no other
// body is judged, wherever they lie. Only if the payload is torn at the top, so that there is no
// telling which type is the last, the first thing that is wrong counts, by the types up to there.
func expectPayload(descriptor protoreflect.MessageDescriptor, b []byte) Outcome {
	var first payloadWalk
	first.pass(descriptor, b)
	typ, ok := lastType(b)
	switch {
	case first.Err != nil && (!first.inBody || !ok || first.typ == typ):
		return first.Outcome
	case first.Err == nil && !slices.ContainsFunc(first.judged, func(judge uint64) bool { return judge != typ }):
		return first.Outcome
	}
	last := payloadWalk{typ: typ, final: true}
	last.pass(descriptor, b)
	return last.Outcome
}

// lastType returns the last type of the payload in b, 0 if it has none, and whether b is a sequence
// of fields.
func lastType(b []byte) (typ uint64, ok bool) {
	for i := 0; i < len(b); {
		tag, next, err := varintAt(b, i)
		if err != nil || tag>>3 == 0 {
			return 0, false
		}
		if i, err = skipAt(b, next, tag>>3, tag&7, 0); err != nil {
			return 0, false
		}
		if tag == typeNumber<<3 {
			v, _, _ := varintAt(b, next)
			typ = uint64(int64(int32(v)))
		}
	}
	return typ, true
}

// payloadWalk is a walk through a payload.
type payloadWalk struct {
	walk
	typ    uint64   // the type in force, 0 for none
	final  bool     // typ stays as it is
	judged []uint64 // the types in force when bodies were met
	inBody bool     // the error is inside of a body
}

func (w *payloadWalk) pass(descriptor protoreflect.MessageDescriptor, b []byte) bool {
	seen := map[protoreflect.FieldNumber]bool{}
	n := new(node)
	for i := 0; i < len(b); {
		f, ok := w.tag(descriptor, b, i, 0)
		if !ok {
			return false
		}
		known := schema(descriptor, f.number)
		switch {
		case f.wire == 2 && f.number >= bodyNumberMin && f.number <= bodyNumberMax:
			from, end, err := spanAt(b, f.at)
			if err != nil {
				return w.fail(descriptor, f, err)
			}
			w.judged = append(w.judged, w.typ)
			if known == nil || f.number != w.typ+1 {
				w.Unknown.Fields++
			} else if !w.message(known.Message(), n.part(known.Number()), b[from:end], from) {
				w.inBody = true
				return false
			}
			i = end
		case known == nil || !fits(known, f.wire):
			if i, ok = w.skip(descriptor, known, b, f); !ok {
				return false
			}
		default:
			if f.number == typeNumber && !w.final {
				v, _, _ := varintAt(b, f.at)
				w.typ = uint64(int64(int32(v)))
			}
			if i, ok = w.value(descriptor, known, n, b, 0, f); !ok {
				return false
			}
			seen[known.Number()] = true
		}
	}
	w.Partial = w.Partial || lacks(descriptor, seen)
	return true
}

// StripForeign returns the payload in b, which has to be well-formed at the top, without the
// bodies that its type does not name.
func StripForeign(b []byte) []byte {
	var typ uint64
	eachField(b, func(number protowire.Number, wire protowire.Type, value, _ []byte) {
		if number == typeNumber && wire == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(value)
			typ = uint64(int64(int32(v)))
		}
	})
	var kept []byte
	eachField(b, func(number protowire.Number, wire protowire.Type, _, whole []byte) {
		body := wire == protowire.BytesType && number >= bodyNumberMin && number <= bodyNumberMax
		if !body || uint64(number) == typ+1 {
			kept = append(kept, whole...)
		}
	})
	return kept
}

// eachField calls f with the fields of b: their values and the whole of them, tags included.
func eachField(b []byte, f func(number protowire.Number, wire protowire.Type, value, whole []byte)) {
	for len(b) > 0 {
		number, wire, size := protowire.ConsumeTag(b)
		if size < 0 {
			panic("BUG: accepted payload has a malformed tag")
		}
		length := protowire.ConsumeFieldValue(number, wire, b[size:])
		if length < 0 {
			panic("BUG: accepted payload has a malformed field")
		}
		f(number, wire, b[size:size+length], b[:size+length])
		b = b[size+length:]
	}
}
