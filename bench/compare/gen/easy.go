package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// easyKind is the Go type of a kind of field, and what easyproto's methods call it.
type easyKind struct{ goType, method string }

var easyKinds = map[protoreflect.Kind]easyKind{
	protoreflect.BoolKind:   {"bool", "Bool"},
	protoreflect.EnumKind:   {"int32", "Int32"},
	protoreflect.Uint32Kind: {"uint32", "Uint32"},
	protoreflect.Uint64Kind: {"uint64", "Uint64"},
	protoreflect.DoubleKind: {"float64", "Double"},
	protoreflect.StringKind: {"string", "String"},
}

// easyField is a field that is measured.
type easyField struct {
	easyKind // of messages only the type
	name     string
	number   int
	list     bool // of messages
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
		e := easyField{easyKinds[f.Desc.Kind()], f.GoName, int(f.Desc.Number()), f.Desc.IsList()}
		if f.Message != nil {
			if !slices.Contains(measured, string(f.Message.Desc.FullName())) {
				continue
			}
			e.goType = easyName(f.Message)
		}
		if e.goType == "" || e.list && e.method != "" || e.number > 63 {
			return nil, fmt.Errorf("%s: the generator knows no such field", f.Desc.FullName())
		}
		fields = append(fields, e)
	}
	return fields, nil
}

// easy writes the code that users of easyproto write by hand, a file for each message: a reusable struct, with a
// presence bit for each field, and its decoding and encoding.
func easy(plugin *protogen.Plugin) error {
	g := easyFile(plugin, "easyseto",
		"// Package easyseto is the measured messages for easyproto, with what is written by hand elsewhere.")
	g.P(`import "errors"`)
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
			g := easyFile(plugin, easyName(m), "")
			g.P(`import "github.com/VictoriaMetrics/easyproto"`)
			easyMessage(g, m, fields)
		}
	}
	return nil
}

// easyFile opens a file of package easyseto, with the package comment if it has that.
func easyFile(plugin *protogen.Plugin, name, comment string) *protogen.GeneratedFile {
	g := plugin.NewGeneratedFile(module+"easyseto/"+strings.ToLower(name)+".go", module+"easyseto")
	g.P("// source: vt/seto.proto")
	if comment != "" {
		g.P(comment)
	}
	g.P("package easyseto")
	return g
}

func easyMessage(g *protogen.GeneratedFile, m *protogen.Message, fields []easyField) {
	name := easyName(m)
	g.P("type ", name, " struct { has uint64")
	for _, f := range fields {
		if f.list {
			g.P(f.name, " []", f.goType)
		} else {
			g.P(f.name, " ", f.goType)
		}
	}
	g.P("}")

	g.P("func (m *", name, ") Decode(b []byte) (err error) { m.has = 0")
	for _, f := range fields {
		if f.list {
			g.P("m.", f.name, " = m.", f.name, "[:0]")
		}
	}
	g.P("var f easyproto.FieldContext")
	g.P("for len(b) > 0 { if b, err = f.NextField(b); err != nil { return err }; var ok bool; switch f.FieldNum {")
	for _, f := range fields {
		at := "m." + f.name
		g.P("case ", f.number, ":")
		if f.method != "" {
			g.P(at, ", ok = f.", f.method, "()")
			continue
		}
		g.P("var data []byte; if data, ok = f.MessageData(); ok {")
		if f.list {
			g.P(at, " = append(", at, ", ", f.goType, "{})")
			at += "[len(" + at + ")-1]"
		}
		g.P("if err = ", at, ".Decode(data); err != nil { return err } }")
	}
	g.P("default: continue }; if !ok { return errWire }; m.has |= 1 << f.FieldNum }; return nil }")

	g.P("func (m *", name, ") Encode(w *easyproto.MessageMarshaler) {")
	for _, f := range fields {
		has, at := fmt.Sprintf("if m.has&(1<<%d) != 0 {", f.number), "m."+f.name
		switch {
		case f.list:
			g.P("for i := range ", at, " { ", at, "[i].Encode(w.AppendMessage(", f.number, ")) }")
		case f.method == "":
			g.P(has, at, ".Encode(w.AppendMessage(", f.number, ")) }")
		default:
			g.P(has, "w.Append", f.method, "(", f.number, ", ", at, ") }")
		}
	}
	g.P("}")
}
