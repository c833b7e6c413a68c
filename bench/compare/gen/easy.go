package main

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// easyKind is how easyproto reads and writes a kind of field.
type easyKind struct{ goType, get, put string }

var easyKinds = map[protoreflect.Kind]easyKind{
	protoreflect.BoolKind:   {"bool", "Bool", "AppendBool"},
	protoreflect.EnumKind:   {"int32", "Enum", "AppendInt32"},
	protoreflect.Uint32Kind: {"uint32", "Uint32", "AppendUint32"},
	protoreflect.Uint64Kind: {"uint64", "Uint64", "AppendUint64"},
	protoreflect.DoubleKind: {"float64", "Double", "AppendDouble"},
	protoreflect.StringKind: {"string", "String", "AppendString"},
}

// easyField is a field that is measured.
type easyField struct {
	*protogen.Field
	easyKind
	number int
	mask   string
	nested string // the name of the message that it holds, "" for a scalar
	list   bool
}

// easyName is the name of a message, with its package if that is not seto.
func easyName(m *protogen.Message) string {
	if m.Desc.ParentFile().Package() == "smarkets.vt.eto" {
		return "Eto" + m.GoIdent.GoName
	}
	return m.GoIdent.GoName
}

func easyFields(m *protogen.Message) (fields []easyField, err error) {
	for _, f := range m.Fields {
		e := easyField{Field: f, number: int(f.Desc.Number()), easyKind: easyKinds[f.Desc.Kind()], list: f.Desc.IsList()}
		e.mask = fmt.Sprintf("(1<<%d)", e.number)
		if f.Message != nil {
			if !slices.Contains(measured, string(f.Message.Desc.FullName())) {
				continue
			}
			e.nested = easyName(f.Message)
			if e.goType = e.nested; e.list {
				e.goType = "[]" + e.nested
			}
		}
		if e.goType == "" || e.list && e.nested == "" || e.number > 63 {
			return nil, fmt.Errorf("%s: the generator knows no such field", f.Desc.FullName())
		}
		fields = append(fields, e)
	}
	return fields, nil
}

// easy writes what one writes by hand for easyproto: a struct for each message, that is used again, with a bit of
// presence for each field, and its decoding and encoding.
func easy(plugin *protogen.Plugin) error {
	g := plugin.NewGeneratedFile(module+"easyseto/easyseto.go", module+"easyseto")
	g.P("// source: vt/seto.proto")
	g.P("// Package easyseto is the measured messages for easyproto, with what is written by hand elsewhere.")
	g.P("package easyseto")
	g.P(`import ("errors"; "github.com/VictoriaMetrics/easyproto")`)
	g.P(`var errWire = errors.New("field with the wrong wire type")`)
	for _, file := range plugin.Files {
		for _, m := range file.Messages {
			if !slices.Contains(measured, string(m.Desc.FullName())) {
				continue
			}
			fields, err := easyFields(m)
			if err != nil {
				return err
			}
			easyMessage(g, m, fields)
		}
	}
	return nil
}

func easyMessage(g *protogen.GeneratedFile, m *protogen.Message, fields []easyField) {
	name := easyName(m)
	g.P("type ", name, " struct { has uint64")
	for _, f := range fields {
		g.P(f.GoName, " ", f.goType)
	}
	g.P("}")

	g.P("func (m *", name, ") Decode(b []byte) (err error) { m.has = 0")
	for _, f := range fields {
		if f.list {
			g.P("m.", f.GoName, " = m.", f.GoName, "[:0]")
		}
	}
	g.P("var f easyproto.FieldContext")
	g.P("for len(b) > 0 { if b, err = f.NextField(b); err != nil { return err }; var ok bool; switch f.FieldNum {")
	for _, f := range fields {
		at := "m." + f.GoName
		g.P("case ", f.number, ":")
		if f.nested == "" {
			g.P(at, ", ok = f.", f.get, "()")
			continue
		}
		g.P("var data []byte; if data, ok = f.MessageData(); ok {")
		if f.list {
			g.P(at, " = append(", at, ", ", f.nested, "{})")
			at += "[len(" + at + ")-1]"
		}
		g.P("if err = ", at, ".Decode(data); err != nil { return err } }")
	}
	g.P("default: continue }; if !ok { return errWire }; m.has |= 1 << f.FieldNum }; return nil }")

	g.P("func (m *", name, ") Encode(w *easyproto.MessageMarshaler) {")
	for _, f := range fields {
		switch {
		case f.list:
			g.P("for i := range m.", f.GoName, " { m.", f.GoName, "[i].Encode(w.AppendMessage(", f.number, ")) }")
		case f.nested != "":
			g.P("if m.has&", f.mask, " != 0 { m.", f.GoName, ".Encode(w.AppendMessage(", f.number, ")) }")
		default:
			g.P("if m.has&", f.mask, " != 0 { w.", f.put, "(", f.number, ", m.", f.GoName, ") }")
		}
	}
	g.P("}")
}
