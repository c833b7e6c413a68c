package codec

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// text writes String and appendText. Of fields marked debug_redact only the presence is shown.
func (w *writer) text(t *message) {
	w.textHead(t)
	if len(t.Fields) > 0 {
		w.P("first := true")
	}
	for _, f := range t.Fields {
		if f.Repeated {
			w.P("if len(m.", f.Var, ") > 0 {")
		} else {
			w.P("if m.has&", f.Bit, " != 0 {")
		}
		w.P(`dst = appendField(dst, &first, "`, f.Desc.Name(), `")`)
		w.textValue(f)
		w.P("}")
	}
	w.P("return append(dst, '}')")
	w.P("}")
	w.P()
}

func (w *writer) textHead(t *message) {
	if t.secret() {
		w.P("// Format writes what String returns, whatever the verb: a credential must not get out by a dump.")
		state := protogen.GoImportPath("fmt").Ident("State")
		w.P("func (m ", t.Name, ") Format(f ", state, ", _ rune) { f.Write(m.appendText(nil)) }")
		w.P()
	}
	w.P("// String returns the fields that are present as text for people. Credentials are left out, and so is")
	w.P("// most of what is very long.")
	w.P("func (m *", t.Name, ") String() string { return string(m.appendText(nil)) }")
	w.P()
	w.P("func (m *", t.Name, ") appendText(dst []byte) []byte {")
	w.P(`dst = append(dst, "`, snake(string(t.Desc.Name())), `{"...)`)
}

func (w *writer) textValue(f *field) {
	m := "m." + f.Var
	strconv := protogen.GoImportPath("strconv")
	switch {
	case f.Redact:
		w.P(`dst = append(dst, "[redacted]"...)`)
	case f.Repeated:
		w.P("dst = append(dst, '[')")
		w.P("for k := range ", m, " {")
		w.P("if enough(dst, k) {")
		w.P("dst = appendMore(dst, len(", m, ")-k)")
		w.P("break")
		w.P("}")
		w.P("if k > 0 { dst = append(dst, ' ') }")
		if f.Kind == protoreflect.MessageKind {
			w.P("dst = ", m, "[k].appendText(dst)")
		} else {
			w.P("dst = append(dst, ", m, "[k].String()...)")
		}
		w.P("}")
		w.P("dst = append(dst, ']')")
	case f.Kind == protoreflect.MessageKind:
		w.P("dst = ", m, ".appendText(dst)")
	case f.isText():
		w.P("dst = appendQuoted(dst, ", m, ")")
	case f.Kind == protoreflect.EnumKind:
		w.P("dst = append(dst, ", m, ".String()...)")
	case f.Kind == protoreflect.BoolKind:
		w.P("dst = ", strconv.Ident("AppendBool"), "(dst, ", m, ")")
	case f.Kind == protoreflect.DoubleKind:
		w.P("dst = appendFloat(dst, ", m, ")")
	default:
		w.P("dst = ", strconv.Ident("AppendUint"), "(dst, ", f.raw(m), ", 10)")
	}
}
