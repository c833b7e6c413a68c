package codec

import (
	"google.golang.org/protobuf/compiler/protogen"
)

// isUnion reports whether a message is the application layer's payload, which holds one body, chosen by
// its type.
func isUnion(m *protogen.Message) bool {
	return m.Desc.FullName() == "smarkets.seto.Payload"
}

// union writes the flat value of one whole payload: an envelope and a slot for each body.
func (w *writer) union(t *message) {
	bodies := t.Fields[2:]
	w.comment(t.Comments, string(t.Desc.Name()), t.Name, "is the message "+t.Full+".")
	w.P("//")
	w.P("// It is a union: of the bodies only the one that the type names is meaningful, and it is the only")
	w.P("// one that is decoded, kept and encoded.")
	w.P("type ", t.Name, " struct {")
	w.P("has uint32 // presence of type, eto_payload and the body")
	w.P("typ PayloadType")
	w.P("etoPayload EtoPayload")
	for _, f := range bodies {
		w.P(f.Var, " ", f.Type)
	}
	w.P("scratch scratch")
	w.P("}")
	w.P()
	w.P("const (")
	w.P("has", t.Name, "Type = 1 << iota")
	w.P("has", t.Name, "EtoPayload")
	w.P("has", t.Name, "Body")
	w.P(")")
	w.P()
	w.descriptor(t)
	w.P("// Reset makes everything absent. Memory is kept.")
	w.P("func (m *", t.Name, ") Reset() { m.has = 0 }")
	w.P()
	w.unionAccess(t, bodies)
	w.unionDecode(t, bodies)
	w.unionEncode(t, bodies)
	w.unionText(t, bodies)
}

// typeOf is the constant of the payload type that names a body: its number is one less than that of the
// body's field.
func typeOf(t *message, f *field) string { return valueName(typeValue(t, f).Desc) }

// typeValue is the value of that type.
func typeValue(t *message, f *field) *protogen.EnumValue {
	for _, v := range t.Fields[0].Enum.Values {
		if int(v.Desc.Number())+1 == f.Number {
			return v
		}
	}
	refuse("%s: no type for field %s", t.Full, f.Desc.Name())
	return nil
}

func (w *writer) unionAccess(t *message, bodies []*field) {
	w.P("// GetType returns the type, ", t.Fields[0].Default, " if absent.")
	w.indented(t.Fields[0].Comments)
	w.P("func (m *", t.Name, ") GetType() PayloadType {")
	w.P("if m.has&has", t.Name, "Type == 0 { return ", t.Fields[0].Default, " }")
	w.P("return m.typ")
	w.P("}")
	w.P()
	w.P("// HasType reports whether the type is present.")
	w.P("func (m *", t.Name, ") HasType() bool { return m.has&has", t.Name, "Type != 0 }")
	w.P()
	w.P("// SetType sets the type. A body of another type becomes absent.")
	w.P("func (m *", t.Name, ") SetType(v PayloadType) {")
	w.P("if m.has&has", t.Name, "Type == 0 || m.typ != v { m.has &^= has", t.Name, "Body }")
	w.P("m.typ = v")
	w.P("m.has |= has", t.Name, "Type")
	w.P("}")
	w.P()
	w.P("// HasBody reports whether the body that the type names is present.")
	w.P("func (m *", t.Name, ") HasBody() bool { return m.has&has", t.Name, "Body != 0 }")
	w.P()
	eto := t.Fields[1]
	eto.Bit = "has" + t.Name + "EtoPayload"
	w.submessage(t, eto)
	for _, f := range bodies {
		typ := typeOf(t, f)
		w.P("// Has", f.Name, " reports whether the type is ", typ, " and its body present.")
		w.P("func (m *", t.Name, ") Has", f.Name, "() bool { return m.has&has", t.Name, "Body != 0 && m.typ == ", typ,
			" }")
		w.P()
		w.P("// Get", f.Name, " returns the body of a payload of type ", typ, ", an empty message if")
		w.P("// there is none.")
		w.P("func (m *", t.Name, ") Get", f.Name, "() *", f.Type, " {")
		w.P("if !m.Has", f.Name, "() { m.", f.Var, ".Reset() }")
		w.P("return &m.", f.Var)
		w.P("}")
		w.P()
		w.P("// Mutable", f.Name, " makes the payload one of type ", typ, " with a body, empty")
		w.P("// if it had none, and returns the body.")
		w.P("func (m *", t.Name, ") Mutable", f.Name, "() *", f.Type, " {")
		w.P("body := m.Get", f.Name, "()")
		w.P("m.typ = ", typ)
		w.P("m.has |= has", t.Name, "Type | has", t.Name, "Body")
		w.P("return body")
		w.P("}")
		w.P()
	}
}

func (w *writer) unionDecode(t *message, bodies []*field) {
	w.P("// decodeStrict is Decode for any payload, by the strict decoders.")
	w.P("func (m *", t.Name, ") decodeStrict(b []byte, u *Unknown) error {")
	w.P("m.has = 0")
	w.P("var seen Unknown")
	w.P("again, err := m.merge(b, false, &seen)")
	w.P("if again && err == nil {")
	w.P("// A body came before the type that names it. Now the type is known.")
	w.P("m.has = has", t.Name, "Type")
	w.P("seen = Unknown{}")
	w.P("_, err = m.merge(b, true, &seen)")
	w.P("}")
	w.P("u.add(seen)")
	w.P("return err")
	w.P("}")
	w.P()
	w.P("// merge reads the fields of b. If final is set the type stays as it is. Otherwise again reports that a")
	w.P("// later type changed which body counts.")
	w.P("func (m *", t.Name, ") merge(b []byte, final bool, u *Unknown) (again bool, err error) {")
	w.P("bodies := 0")
	w.P("for i := 0; i < len(b); {")
	w.P("start := i")
	w.P("tag := uint64(b[i])")
	w.P("i++")
	w.P("if tag >= 0x80 {")
	w.P("if tag, i = ", varintRead, "(b, start); i < 0 { return false, desc", t.Name, ".failRead(start, 0, i) }")
	w.P("}")
	w.P("switch {")
	w.P("case tag == ", hex(t.Fields[0].Tag), ": // type")
	w.P("v, next := ", varintRead, "(b, i)")
	w.P("if next < 0 { return false, desc", t.Name, ".failRead(start, tag, next) }")
	w.P("i = next")
	w.P("if typ := PayloadType(v); !final {")
	w.P("again = again || bodies > 0 && (m.has&has", t.Name, "Type == 0 || typ != m.typ)")
	w.P("m.SetType(typ)")
	w.P("}")
	w.P("if !PayloadType(v).Known() { u.value() }")
	w.P("case tag == ", hex(t.Fields[1].Tag), ": // eto_payload")
	w.P("from, end := ", varintReadSpan, "(b, i)")
	w.P("if end < 0 { return false, desc", t.Name, ".failRead(start, tag, end) }")
	w.P("if err := m.MutableEtoPayload().merge(b[:end], from, u); err != nil { return false, err }")
	w.P("i = end")
	first, last := bodies[0], bodies[len(bodies)-1]
	w.P("case tag&7 == ", varintTypeBytes, " && tag>>3 >= ", first.Number, " && tag>>3 <= ", last.Number, ":")
	w.P("bodies++")
	w.P("from, end := ", varintReadSpan, "(b, i)")
	w.P("if end < 0 { return false, desc", t.Name, ".failRead(start, tag, end) }")
	w.P("if m.has&has", t.Name, "Type == 0 || tag>>3 != uint64(m.typ)+1 {")
	w.P("u.field()")
	w.P("} else if err := m.mergeBody(b[:end], from, u); err != nil {")
	w.P("// A body that the last type does not name may be malformed.")
	w.P("typ, ok := lastType(b)")
	w.P("if final || !ok || typ == m.typ { return false, err }")
	w.P("m.typ = typ")
	w.P("return true, nil")
	w.P("}")
	w.P("i = end")
	w.P("default:")
	w.P("next, err := desc", t.Name, ".skip(b, start, i, tag, u)")
	w.P("if err != nil { return false, err }")
	w.P("i = next")
	w.P("}")
	w.P("}")
	w.P("return again, nil")
	w.P("}")
	w.P()
	w.P("// mergeBody reads the body of the payload's type from b[i:].")
	w.P("func (m *", t.Name, ") mergeBody(b []byte, i int, u *Unknown) error {")
	w.P("switch m.typ {")
	for _, f := range bodies {
		w.P("case ", typeOf(t, f), ": return m.Mutable", f.Name, "().merge(b, i, u)")
	}
	w.P("}")
	w.P("u.field()")
	w.P("return nil")
	w.P("}")
	w.P()
}

func (w *writer) unionEncode(t *message, bodies []*field) {
	w.P("// SizeVT returns the number of bytes that MarshalToSizedBufferVT writes.")
	w.P("func (m *", t.Name, ") SizeVT() (n int) {")
	w.P("if m.HasType() { n += 1 + ", varintSize, "(uint64(m.typ)) }")
	w.P("if m.HasEtoPayload() {")
	w.P("l := m.etoPayload.SizeVT()")
	w.P("n += 1 + ", varintSize, "(uint64(l)) + l")
	w.P("}")
	w.P("if !m.HasBody() { return n }")
	w.P("switch m.typ {")
	for _, f := range bodies {
		w.P("case ", typeOf(t, f), ":")
		w.P("l := m.", f.Var, ".SizeVT()")
		w.P("n += ", f.tagSize(), " + ", varintSize, "(uint64(l)) + l")
	}
	w.P("}")
	w.P("return n")
	w.P("}")
	w.P()
	w.P("// MarshalToSizedBufferVT writes the payload so that it ends where b ends and returns its size. b has")
	w.P("// at least SizeVT bytes. The error is an *EncodeError for a required field that is not set.")
	w.P("func (m *", t.Name, ") MarshalToSizedBufferVT(b []byte) (int, error) {")
	for _, f := range t.Fields[:2] {
		w.P("if !m.Has", f.Name, "() {")
		w.P("return 0, &EncodeError{Message: desc", t.Name, `.name, Field: "`, f.Desc.Name(), `", Err: ErrRequired}`)
		w.P("}")
	}
	w.P("i := len(b)")
	w.P("if m.HasBody() {")
	w.P("switch m.typ {")
	for _, f := range bodies {
		w.P("case ", typeOf(t, f), ":")
		w.P("n, err := m.", f.Var, ".MarshalToSizedBufferVT(b[:i])")
		w.P("if err != nil { return 0, err }")
		w.P("i = ", varintPutBefore, "(b, i-n, uint64(n))")
		w.putTag(f)
	}
	w.P("}")
	w.P("}")
	w.P("n, err := m.etoPayload.MarshalToSizedBufferVT(b[:i])")
	w.P("if err != nil { return 0, err }")
	w.P("i = ", varintPutBefore, "(b, i-n, uint64(n))")
	w.putTag(t.Fields[1])
	w.P("i = ", varintPutBefore, "(b, i, uint64(m.typ))")
	w.putTag(t.Fields[0])
	w.P("return len(b) - i, nil")
	w.P("}")
	w.P()
	w.marshal(t)
}

func (w *writer) unionText(t *message, bodies []*field) {
	w.textHead(t)
	w.P("first := true")
	w.P("if m.HasType() {")
	w.P(`dst = appendField(dst, &first, "type")`)
	w.P("dst = append(dst, m.typ.String()...)")
	w.P("}")
	w.P("if m.HasEtoPayload() {")
	w.P(`dst = appendField(dst, &first, "eto_payload")`)
	w.P("dst = m.etoPayload.appendText(dst)")
	w.P("}")
	w.P("if m.HasBody() {")
	w.P("switch m.typ {")
	for _, f := range bodies {
		w.P("case ", typeOf(t, f), ":")
		w.P(`dst = appendField(dst, &first, "`, f.Desc.Name(), `")`)
		w.P("dst = m.", f.Var, ".appendText(dst)")
	}
	w.P("}")
	w.P("}")
	w.P("return append(dst, '}')")
	w.P("}")
	w.P()
}
