package codec

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// convert writes the conversions to and from the standard type.
func (w *writer) convert(t *message) {
	w.P("// Proto returns the message as the standard type, which shares no memory with m.")
	w.P("func (m *", t.Name, ") Proto() *", t.Standard, " {")
	w.P("p := new(", t.Standard, ")")
	for _, f := range t.Fields {
		w.toProto(f)
	}
	w.P("return p")
	w.P("}")
	w.P()
	w.P("// SetProto makes m the message p, empty if p is nil. Text fields of m borrow those of p.")
	w.P("func (m *", t.Name, ") SetProto(p *", t.Standard, ") {")
	w.P("m.Reset()")
	if len(t.Fields) > 0 {
		w.P("if p == nil { return }")
	}
	for _, f := range t.Fields {
		w.fromProto(f)
	}
	w.P("}")
	w.P()
}

func (w *writer) toProto(f *field) {
	p, m := "p."+f.GoName, "m."+f.Var
	if f.Repeated {
		w.P("for k := range ", m, " {")
		defer w.P("}")
		if f.Kind == protoreflect.MessageKind {
			w.P(p, " = append(", p, ", ", m, "[k].Proto())")
		} else {
			w.P(p, " = append(", p, ", ", standardIdent(f.Desc.Enum(), f.Enum.GoIdent.GoName), "(", m, "[k]))")
		}
		return
	}
	w.P("if m.has&", f.Bit, " != 0 {")
	defer w.P("}")
	switch f.Kind {
	case protoreflect.MessageKind:
		w.P(p, " = ", m, ".Proto()")
	case protoreflect.EnumKind:
		w.P(p, " = new(", standardIdent(f.Desc.Enum(), f.Enum.GoIdent.GoName), "(", m, "))")
	case protoreflect.StringKind:
		w.P(p, " = new(string(", m, "))")
	case protoreflect.BytesKind:
		w.P(p, " = append([]byte{}, ", m, "...)")
	default:
		w.P(p, " = new(", m, ")")
	}
}

func (w *writer) fromProto(f *field) {
	p := "p." + f.GoName
	if f.Repeated {
		if f.Kind == protoreflect.MessageKind {
			w.P("for _, e := range ", p, " { m.Add", f.Name, "().SetProto(e) }")
		} else {
			w.P("for _, e := range ", p, " { m.Add", f.Name, "(", f.Type, "(e)) }")
		}
		return
	}
	w.P("if ", p, " != nil {")
	defer w.P("}")
	switch f.Kind {
	case protoreflect.MessageKind:
		w.P("m.Mutable", f.Name, "().SetProto(", p, ")")
	case protoreflect.EnumKind:
		w.P("m.Set", f.Name, "(", f.Type, "(*", p, "))")
	case protoreflect.StringKind:
		w.P("m.Set", f.Name, "String(*", p, ")")
	case protoreflect.BytesKind:
		w.P("m.Set", f.Name, "(", p, ")")
	default:
		w.P("m.Set", f.Name, "(*", p, ")")
	}
}
