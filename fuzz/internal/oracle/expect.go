package oracle

import (
	"encoding/binary"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
)

// Outcome is what a decode of some bytes has to come to.
type Outcome struct {
	Err     *msg.DecodeError // nil if the bytes are a message
	Unknown msg.Unknown

	// Excuse is the listed difference that lets google accept what is refused here.
	Excuse Difference

	// Partial tells that one of the messages in the bytes, taken for itself, lacks a required field.
	Partial bool
}

// Expect returns what Decode of the flat message has to answer for b.
func Expect(descriptor protoreflect.MessageDescriptor, b []byte) Outcome {
	if descriptor.FullName() == payloadName {
		return expectPayload(descriptor, b)
	}
	var w walk
	w.message(descriptor, new(node), b, 0)
	return w.Outcome
}

const payloadName = "smarkets.seto.Payload"

// elementsMax are the limits of repeated fields.
var elementsMax = map[protoreflect.FullName]int{
	"smarkets.seto.MarketQuotes.contract_quotes": msg.ContractsMax,
	"smarkets.seto.MarketState.contracts":        msg.ContractsMax,
	"smarkets.seto.ContractQuotes.bids":          msg.LevelsMax,
	"smarkets.seto.ContractQuotes.offers":        msg.LevelsMax,
	"smarkets.seto.ContractQuotes.executions":    msg.ExecutionsMax,
	"smarkets.seto.OrderInvalid.reasons":         msg.ReasonsMax,
}

// node is what has to be remembered of one message while it is read: it may come in several parts.
type node struct {
	elements map[protoreflect.FieldNumber]int
	parts    map[protoreflect.FieldNumber]*node
}

func (n *node) part(number protoreflect.FieldNumber) *node {
	if n.parts == nil {
		n.parts = map[protoreflect.FieldNumber]*node{}
	}
	if n.parts[number] == nil {
		n.parts[number] = new(node)
	}
	return n.parts[number]
}

// walk is one way through the bytes. Its methods return false as soon as the outcome has an error.
type walk struct{ Outcome }

// field is one field as it lies in the bytes.
type field struct {
	start  int // of the tag
	number uint64
	wire   uint64
	at     int // of the value
}

// message reads the message in b, which lies at base of the outermost one.
func (w *walk) message(descriptor protoreflect.MessageDescriptor, n *node, b []byte, base int) bool {
	seen := map[protoreflect.FieldNumber]bool{}
	for i := 0; i < len(b); {
		f, ok := w.tag(descriptor, b, i, base)
		if !ok {
			return false
		}
		known := schema(descriptor, f.number)
		if known == nil || !fits(known, f.wire) {
			if i, ok = w.skip(descriptor, known, b, f); !ok {
				return false
			}
			continue
		}
		if i, ok = w.value(descriptor, known, n, b, base, f); !ok {
			return false
		}
		seen[known.Number()] = true
	}
	w.Partial = w.Partial || lacks(descriptor, seen)
	return true
}

// tag reads the tag at b[i:].
func (w *walk) tag(descriptor protoreflect.MessageDescriptor, b []byte, i, base int) (field, bool) {
	tag, next, err := varintAt(b, i)
	if err != nil {
		return field{}, w.fail(descriptor, field{start: base + i}, err)
	}
	return field{start: base + i, number: tag >> 3, wire: tag & 7, at: next}, true
}

// value reads the value of a known field and returns where the next field starts.
func (w *walk) value(descriptor protoreflect.MessageDescriptor, known protoreflect.FieldDescriptor, n *node, b []byte,
	base int, f field,
) (int, bool) {
	switch f.wire {
	case 0:
		v, next, err := varintAt(b, f.at)
		if err != nil {
			return 0, w.fail(descriptor, f, err)
		}
		if known.IsList() && !w.element(descriptor, known, n, f) {
			return 0, false
		}
		w.countValue(known, v)
		return next, true
	case 1:
		if len(b)-f.at < 8 {
			return 0, w.fail(descriptor, f, msg.ErrTruncated)
		}
		return f.at + 8, true
	}
	from, end, err := spanAt(b, f.at)
	if err != nil {
		return 0, w.fail(descriptor, f, err)
	}
	switch known.Kind() {
	case protoreflect.MessageKind:
		part := new(node)
		if known.IsList() {
			if !w.element(descriptor, known, n, f) {
				return 0, false
			}
		} else {
			part = n.part(known.Number())
		}
		return end, w.message(known.Message(), part, b[from:end], base+from)
	case protoreflect.EnumKind: // packed
		for i := from; i < end; {
			v, next, err := varintAt(b[:end], i)
			if err != nil {
				return 0, w.fail(descriptor, f, err)
			}
			if !w.element(descriptor, known, n, f) {
				return 0, false
			}
			w.countValue(known, v)
			i = next
		}
	}
	return end, true
}

// element takes one element more into a repeated field.
func (w *walk) element(descriptor protoreflect.MessageDescriptor, known protoreflect.FieldDescriptor, n *node,
	f field,
) bool {
	if n.elements == nil {
		n.elements = map[protoreflect.FieldNumber]int{}
	}
	n.elements[known.Number()]++
	limit, ok := elementsMax[known.FullName()]
	if !ok {
		panic("BUG: repeated field without a limit: " + string(known.FullName()))
	}
	if n.elements[known.Number()] > limit {
		w.Excuse = DifferenceElements
		return w.fail(descriptor, f, msg.ErrTooMany)
	}
	return true
}

func (w *walk) countValue(known protoreflect.FieldDescriptor, v uint64) {
	if known.Kind() == protoreflect.EnumKind && known.Enum().Values().ByNumber(protoreflect.EnumNumber(v)) == nil {
		w.Unknown.Values++
	}
}

// skip passes over a field that is unknown or came with a wire type that is not its own.
func (w *walk) skip(descriptor protoreflect.MessageDescriptor, known protoreflect.FieldDescriptor, b []byte,
	f field,
) (int, bool) {
	switch {
	case f.number < 1 || f.number >= 1<<29:
		return 0, w.fail(descriptor, f, msg.ErrFieldNumber)
	case f.wire == 4:
		return 0, w.fail(descriptor, f, msg.ErrGroup)
	case known != nil:
		if f.wire < 6 {
			w.Excuse = DifferenceWireType
		}
		return 0, w.fail(descriptor, f, msg.ErrWireType)
	}
	next, err := skipAt(b, f.at, f.number, f.wire, 0)
	if err != nil {
		if err == msg.ErrDepth {
			w.Excuse = DifferenceDepth
		}
		return 0, w.fail(descriptor, f, err)
	}
	w.Unknown.Fields++
	return next, true
}

func (w *walk) fail(descriptor protoreflect.MessageDescriptor, f field, err error) bool {
	w.Err = &msg.DecodeError{Message: string(descriptor.FullName()), Number: int64(f.number), Offset: f.start, Err: err}
	if known := schema(descriptor, f.number); known != nil {
		w.Err.Field = string(known.Name())
	}
	return false
}

// schema returns the field with a number that was read from a tag, nil if there is none.
func schema(descriptor protoreflect.MessageDescriptor, number uint64) protoreflect.FieldDescriptor {
	if number >= 1<<29 {
		return nil
	}
	return descriptor.Fields().ByNumber(protoreflect.FieldNumber(number))
}

// fits reports whether a field may come with a wire type.
func fits(known protoreflect.FieldDescriptor, wire uint64) bool {
	switch known.Kind() {
	case protoreflect.DoubleKind:
		return wire == 1
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return wire == 2
	case protoreflect.EnumKind:
		return wire == 0 || wire == 2 && known.IsList()
	case protoreflect.BoolKind, protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return wire == 0
	}
	panic("BUG: kind " + known.Kind().String() + " is not in the protocol")
}

func lacks(descriptor protoreflect.MessageDescriptor, seen map[protoreflect.FieldNumber]bool) bool {
	required := descriptor.RequiredNumbers()
	for i := range required.Len() {
		if !seen[required.Get(i)] {
			return true
		}
	}
	return false
}

func varintAt(b []byte, i int) (v uint64, next int, err error) {
	v, n := binary.Uvarint(b[i:])
	switch {
	case n > 0:
		return v, i + n, nil
	case n < 0 || len(b)-i >= 10:
		return 0, 0, msg.ErrOverflow
	}
	return 0, 0, msg.ErrTruncated
}

func spanAt(b []byte, i int) (from, end int, err error) {
	length, from, err := varintAt(b, i)
	if err != nil {
		return 0, 0, err
	}
	if length > uint64(len(b)-from) {
		return 0, 0, msg.ErrLength
	}
	return from, from + int(length), nil
}

// skipAt passes over a value that nobody knows, depth groups deep.
func skipAt(b []byte, i int, number, wire uint64, depth int) (next int, err error) {
	size := 0
	switch wire {
	case 0:
		_, next, err = varintAt(b, i)
		return next, err
	case 1:
		size = 8
	case 2:
		_, next, err = spanAt(b, i)
		return next, err
	case 3:
		return skipGroupAt(b, i, number, depth+1)
	case 5:
		size = 4
	default:
		return 0, msg.ErrWireType
	}
	if len(b)-i < size {
		return 0, msg.ErrTruncated
	}
	return i + size, nil
}

func skipGroupAt(b []byte, i int, number uint64, depth int) (next int, err error) {
	if depth > msg.GroupDepthMax {
		return 0, msg.ErrDepth
	}
	for {
		tag, next, err := varintAt(b, i)
		if err != nil {
			return 0, err
		}
		if tag>>3 < 1 || tag>>3 >= 1<<31 {
			return 0, msg.ErrFieldNumber
		}
		if tag&7 == 4 {
			if tag>>3 != number {
				return 0, msg.ErrGroup
			}
			return next, nil
		}
		if i, err = skipAt(b, next, tag>>3, tag&7, depth); err != nil {
			return 0, err
		}
	}
}
