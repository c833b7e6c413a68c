package codec

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func mathIdent(name string) protogen.GoIdent {
	return protogen.GoImportPath("math").Ident(name)
}

func (w *writer) encode(t *message) {
	w.P("// SizeVT returns the number of bytes that MarshalToSizedBufferVT writes.")
	w.P("func (m *", t.Name, ") SizeVT() (n int) {")
	for _, f := range t.Fields {
		w.size(f)
	}
	w.P("return n")
	w.P("}")
	w.P()
	w.P("// MarshalToSizedBufferVT writes the message so that it ends where b ends and returns its size. b has")
	w.P("// at least SizeVT bytes. The error is an *EncodeError for a required field that is not set.")
	w.P("func (m *", t.Name, ") MarshalToSizedBufferVT(b []byte) (int, error) {")
	if req := t.required(); req != "" {
		w.P("const required = ", req)
		w.P("if m.has&required != required { return 0, m.missing() }")
	}
	w.P("i := len(b)")
	for k := len(t.Fields) - 1; k >= 0; k-- {
		w.put(t.Fields[k])
	}
	w.P("return len(b) - i, nil")
	w.P("}")
	w.P()
	w.marshal(t)
	if t.required() == "" {
		return
	}
	w.P("// missing names the first required field that is not set.")
	w.P("func (m *", t.Name, ") missing() error {")
	w.P("switch {")
	for _, f := range t.Fields {
		if f.Required {
			w.P("case m.has&", f.Bit, " == 0:")
			w.P("return &EncodeError{Message: desc", t.Name, `.name, Field: "`, f.Desc.Name(), `", Err: ErrRequired}`)
		}
	}
	w.P("}")
	w.P(`panic("BUG: `, t.Name, ` misses no required field")`)
	w.P("}")
	w.P()
}

func (w *writer) marshal(t *message) {
	w.P("// MarshalVT returns the encoded message in memory of its own.")
	w.P("func (m *", t.Name, ") MarshalVT() ([]byte, error) {")
	w.P("b := make([]byte, m.SizeVT())")
	w.P("n, err := m.MarshalToSizedBufferVT(b)")
	w.P("if err != nil { return nil, err }")
	w.P("return b[len(b)-n:], nil")
	w.P("}")
	w.P()
}

// raw is the expression of a varint field's value on the wire.
func (f *field) raw(v string) string {
	switch f.Kind {
	case protoreflect.Uint64Kind:
		return v
	default:
		return "uint64(" + v + ")"
	}
}

func (w *writer) size(f *field) {
	m := "m." + f.Var
	tag := f.tagSize()
	if !f.Repeated {
		w.P("if m.has&", f.Bit, " != 0 {")
		defer w.P("}")
	}
	switch {
	case f.Repeated && f.Kind == protoreflect.MessageKind:
		w.P("for k := range ", m, " {")
		w.P("l := ", m, "[k].SizeVT()")
		w.P("n += ", tag, " + ", varintSize, "(uint64(l)) + l")
		w.P("}")
	case f.Repeated:
		w.P("for _, v := range ", m, " { n += ", tag, " + ", varintSize, "(uint64(v)) }")
	case f.Kind == protoreflect.MessageKind:
		w.P("l := ", m, ".SizeVT()")
		w.P("n += ", tag, " + ", varintSize, "(uint64(l)) + l")
	case f.isText():
		w.P("n += ", tag, " + ", varintSize, "(uint64(len(", m, "))) + len(", m, ")")
	case f.Kind == protoreflect.DoubleKind:
		w.P("n += ", tag+8)
	case f.Kind == protoreflect.BoolKind:
		w.P("n += ", tag+1)
	default:
		w.P("n += ", tag, " + ", varintSize, "(", f.raw(m), ")")
	}
}

func (w *writer) put(f *field) {
	m := "m." + f.Var
	if !f.Repeated {
		w.P("if m.has&", f.Bit, " != 0 {")
		defer w.P("}")
	}
	switch {
	case f.Repeated && f.Kind == protoreflect.MessageKind:
		w.P("for k := len(", m, ") - 1; k >= 0; k-- {")
		w.P("n, err := ", m, "[k].MarshalToSizedBufferVT(b[:i])")
		w.P("if err != nil { return 0, err }")
		w.P("i = ", varintPutBefore, "(b, i-n, uint64(n))")
		w.putTag(f)
		w.P("}")
	case f.Repeated:
		w.P("for k := len(", m, ") - 1; k >= 0; k-- {")
		w.P("i = ", varintPutBefore, "(b, i, uint64(", m, "[k]))")
		w.putTag(f)
		w.P("}")
	case f.Kind == protoreflect.MessageKind:
		w.P("n, err := ", m, ".MarshalToSizedBufferVT(b[:i])")
		w.P("if err != nil { return 0, err }")
		w.P("i = ", varintPutBefore, "(b, i-n, uint64(n))")
		w.putTag(f)
	case f.isText():
		w.P("i -= len(", m, ")")
		w.P("copy(b[i:], ", m, ")")
		w.P("i = ", varintPutBefore, "(b, i, uint64(len(", m, ")))")
		w.putTag(f)
	case f.Kind == protoreflect.DoubleKind:
		w.P("i = putFixed64(b, i, ", mathIdent("Float64bits"), "(", m, "))")
		w.putTag(f)
	case f.Kind == protoreflect.BoolKind:
		w.P("i--")
		w.P("b[i] = 0")
		w.P("if ", m, " { b[i] = 1 }")
		w.putTag(f)
	default:
		w.P("i = ", varintPutBefore, "(b, i, ", f.raw(m), ")")
		w.putTag(f)
	}
}

func (w *writer) putTag(f *field) {
	tag := protowire.AppendVarint(nil, f.Tag)
	if len(tag) == 1 {
		w.P("i--")
	} else {
		w.P("i -= ", len(tag))
	}
	for k, c := range tag {
		if k == 0 {
			w.P("b[i] = ", hex(uint64(c)))
		} else {
			w.P("b[i+", k, "] = ", hex(uint64(c)))
		}
	}
}
