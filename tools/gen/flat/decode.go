package flat

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func (w *writer) decode(t *message) {
	w.P("// Decode makes m the message in b. Text fields of m borrow b. u, if not nil, counts what the")
	w.P("// schema does not know. The error is a *DecodeError; m then has to be reset or decoded into.")
	if hasFast(t.Desc) {
		w.P("//")
		w.P("// Decode may look at, but never uses, up to SlackBytes bytes between len(b) and cap(b). Where there")
		w.P("// are so many it is several times as fast.")
	}
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
	w.P("for i < len(b) {")
	w.readTag(t)
	w.P("switch tag {")
	for _, f := range t.Fields {
		w.P("case ", hex(f.Tag), ": // ", f.Desc.Name())
		w.readField(t, f)
		if f.Repeated && f.Kind == protoreflect.EnumKind {
			w.P("case ", hex(protowire.EncodeTag(f.Desc.Number(), protowire.BytesType)), ": // ", f.Desc.Name(), ", packed")
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
}

func (w *writer) readTag(t *message) {
	w.P("start := i")
	w.P("tag := uint64(b[i])")
	w.P("i++")
	w.P("if tag >= 0x80 {")
	w.P("if tag, i = varint(b, start); i < 0 { return desc", t.Name, ".failRead(start, 0, i) }")
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
	w.P("} else if v, i = varint(b, i); i < 0 {")
	w.P("return desc", t.Name, ".failRead(start, ", tag, ", i)")
	w.P("}")
}

// readSpan reads where a field of bytes lies, the length of one byte in place.
func (w *writer) readSpan(t *message) {
	w.P("from, end := i+1, 0")
	w.P("if i < len(b) && b[i] < 0x80 && int(b[i]) < len(b)-i {")
	w.P("end = from + int(b[i])")
	w.P("} else if from, end = span(b, i); end < 0 {")
	w.P("return desc", t.Name, ".failRead(start, tag, end)")
	w.P("}")
}

func (w *writer) readPacked(t *message, f *field) {
	w.P("from, end := span(b, i)")
	w.P("if end < 0 { return desc", t.Name, ".failRead(start, tag, end) }")
	w.P("for i = from; i < end; {")
	w.P("var v uint64")
	w.P("if v, i = varint(b[:end], i); i < 0 { return desc", t.Name, ".failRead(start, tag, i) }")
	w.addEnum(t, f)
	w.P("}")
}

func (w *writer) addEnum(t *message, f *field) {
	w.P("if len(m.", f.Var, ") == ", f.Limit, " { return desc", t.Name, ".fail(start, tag, ErrTooMany) }")
	w.P("m.Add", f.Name, "(", f.Type, "(v))")
	w.P("if !", f.Type, "(v).Known() { u.value() }")
}
