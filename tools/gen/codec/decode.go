package codec

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func (w *writer) decode(t *message) {
	w.P("// Decode makes m the message in b. Text fields of m borrow b. u, if not nil, counts what the")
	w.P("// schema does not know. The error is a *DecodeError; m then has to be reset or decoded into.")
	w.P("//")
	w.P("// Decode may read, but never uses, up to SlackBytes bytes between len(b) and cap(b). With so many it is")
	w.P("// several times faster for nearly all messages.")
	w.P("func (m *", t.Name, ") Decode(b []byte, u *Unknown) error {")
	if hasFast(t.Desc) {
		w.P("if cap(b)-len(b) >= SlackBytes && m.fast(first(b), b, 0, len(b)) { return nil }")
	}
	w.P("m.Reset()")
	w.P("return m.merge(b, 0, u)")
	w.P("}")
	w.P()
	w.P("// merge reads the fields in b[i:] over those m has.")
	w.P("func (m *", t.Name, ") merge(b []byte, i int, u *Unknown) error {")
	if t.readsNumbers() {
		w.P("var values [numbersEnd]uint64")
	}
	w.P("for i < len(b) {")
	if t.readsNumbers() {
		w.P("// numbers in any order without branches, all else field by field")
		w.P("if next, seen := numbers(b, i, &values, numbers", t.Name, ", fixed", t.Name, "); seen != 0 {")
		w.P("m.store(&values, seen, u)")
		w.P("if i = next; i == len(b) { break }")
		w.P("}")
	}
	w.readTag(t)
	w.P("switch tag {")
	for _, f := range t.Fields {
		w.P("case ", hex(f.Tag), ": // ", f.Desc.Name())
		w.readField(t, f)
		if f.Repeated && f.Kind == protoreflect.EnumKind {
			w.P("case ", hex(protowire.EncodeTag(f.Desc.Number(), protowire.BytesType)), ": // ", f.Desc.Name(),
				", packed")
			w.readPacked(t, f)
		}
	}
	w.P("default:")
	w.P("next, err := desc", t.Name, ".skip(b, start, i, tag, u)")
	w.P("if err != nil { return err }")
	w.P("i = next")
	w.P("}")
	w.P("}")
	w.P("return nil")
	w.P("}")
	w.P()
	if t.readsNumbers() {
		w.store(t)
	}
}

// numbersMin is the least number of fields for which a message uses numbers: for fewer a switch is faster.
const numbersMin = 6

// numbersEnd is one more than the highest field number that numbers reads.
const numbersEnd = 32

// isNumber reports whether numbers reads the field.
func (f *field) isNumber() bool {
	return !f.Repeated && !f.isText() && f.Kind != protoreflect.MessageKind && f.Number < numbersEnd
}

func (t *message) readsNumbers() bool {
	n := 0
	for _, f := range t.Fields {
		if f.isNumber() {
			n++
		}
	}
	return n >= numbersMin
}

// store writes the method that sets fields to the values that numbers has read.
func (w *writer) store(t *message) {
	all, fixed := uint32(0), uint32(0)
	for _, f := range t.Fields {
		if !f.isNumber() {
			continue
		}
		all |= 1 << f.Number
		if f.Kind == protoreflect.DoubleKind {
			fixed |= 1 << f.Number
		}
	}
	w.P("// The fields that numbers reads, a bit for each field number, and those of them of 8 bytes.")
	w.P("const (")
	w.P("numbers", t.Name, " = ", fmt.Sprintf("%#x", all))
	w.P("fixed", t.Name, " = ", fmt.Sprintf("%#x", fixed))
	w.P(")")
	w.P()
	w.P("// store sets the fields that were seen to their values.")
	w.P("func (m *", t.Name, ") store(values *[numbersEnd]uint64, seen uint32, u *Unknown) {")
	w.P("has := m.has")
	for _, f := range t.Fields {
		if !f.isNumber() {
			continue
		}
		w.P("if seen&", fmt.Sprintf("%#x", 1<<f.Number), " != 0 { // ", f.Desc.Name())
		v := fmt.Sprintf("values[%d]", f.Number)
		switch f.Kind {
		case protoreflect.DoubleKind:
			w.P("m.", f.Var, " = ", mathIdent("Float64frombits"), "(", v, ")")
		case protoreflect.BoolKind:
			w.P("m.", f.Var, " = ", v, " != 0")
		case protoreflect.Uint64Kind:
			w.P("m.", f.Var, " = ", v)
		default:
			w.P("m.", f.Var, " = ", f.Type, "(", v, ")")
		}
		w.P("has |= ", f.Bit)
		if f.Kind == protoreflect.EnumKind {
			w.P("if !m.", f.Var, ".Known() { u.value() }")
		}
		w.P("}")
	}
	w.P("m.has = has")
	w.P("}")
	w.P()
}

func (w *writer) readTag(t *message) {
	w.P("start := i")
	w.P("tag := uint64(b[i])")
	w.P("i++")
	w.P("if tag >= 0x80 {")
	w.P("if tag, i = ", varintRead, "(b, start); i < 0 { return desc", t.Name, ".failRead(start, 0, i) }")
	w.P("}")
}

func (w *writer) readField(t *message, f *field) {
	switch {
	case f.Repeated && f.Kind == protoreflect.EnumKind:
		w.readVarint(t, "tag")
		w.addEnum(t, f)
	case f.Repeated:
		w.readSpan(t)
		w.P("if len(m.", f.Var, ") == ", f.Limit, " { return desc", t.Name, ".fail(start, tag, ErrTooMany) }")
		w.P("if err := m.Add", f.Name, "().merge(b[:end], from, u); err != nil { return err }")
		w.P("i = end")
	case f.Kind == protoreflect.MessageKind:
		w.readSpan(t)
		w.P("if err := m.Mutable", f.Name, "().merge(b[:end], from, u); err != nil { return err }")
		w.P("i = end")
	case f.isText():
		w.readSpan(t)
		w.P("m.", f.Var, " = b[from:end:end]")
		w.P("m.has |= ", f.Bit)
		w.P("i = end")
	case f.Kind == protoreflect.DoubleKind:
		w.P("v, next := fixed64(b, i)")
		w.P("if next < 0 { return desc", t.Name, ".failRead(start, tag, next) }")
		w.P("i = next")
		w.P("m.", f.Var, " = ", mathIdent("Float64frombits"), "(v)")
		w.P("m.has |= ", f.Bit)
	default:
		w.readVarint(t, "tag")
		switch f.Kind {
		case protoreflect.BoolKind:
			w.P("m.", f.Var, " = v != 0")
		case protoreflect.EnumKind:
			w.P("m.", f.Var, " = ", f.Type, "(v)")
			w.P("if !m.", f.Var, ".Known() { u.value() }")
		default:
			w.P("m.", f.Var, " = ", f.Type, "(v)")
		}
		w.P("m.has |= ", f.Bit)
	}
}

// readVarint reads v, the one-byte case in place: a call that may also be slow does not inline.
func (w *writer) readVarint(t *message, tag string) {
	w.P("var v uint64")
	w.P("if i < len(b) && b[i] < 0x80 {")
	w.P("v = uint64(b[i])")
	w.P("i++")
	w.P("} else if v, i = number(b, i); i < 0 {")
	w.P("return desc", t.Name, ".failRead(start, ", tag, ", i)")
	w.P("}")
}

// readSpan reads where a field of bytes lies, the length of one byte in place.
func (w *writer) readSpan(t *message) {
	w.P("from, end := i+1, 0")
	w.P("if i < len(b) && b[i] < 0x80 && int(b[i]) < len(b)-i {")
	w.P("end = from + int(b[i])")
	w.P("} else if from, end = ", varintReadSpan, "(b, i); end < 0 {")
	w.P("return desc", t.Name, ".failRead(start, tag, end)")
	w.P("}")
}

func (w *writer) readPacked(t *message, f *field) {
	w.P("from, end := ", varintReadSpan, "(b, i)")
	w.P("if end < 0 { return desc", t.Name, ".failRead(start, tag, end) }")
	w.P("for i = from; i < end; {")
	w.P("var v uint64")
	w.P("if v, i = ", varintRead, "(b[:end], i); i < 0 { return desc", t.Name, ".failRead(start, tag, i) }")
	w.addEnum(t, f)
	w.P("}")
}

func (w *writer) addEnum(t *message, f *field) {
	w.P("if len(m.", f.Var, ") == ", f.Limit, " { return desc", t.Name, ".fail(start, tag, ErrTooMany) }")
	w.P("m.Add", f.Name, "(", f.Type, "(v))")
	w.P("if !", f.Type, "(v).Known() { u.value() }")
}
