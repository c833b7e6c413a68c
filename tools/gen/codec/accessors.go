package codec

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// structure writes the struct. Fields go by falling size, so that no padding is between them.
func (w *writer) structure(t *message) {
	w.comment(t.Comments, string(t.Desc.Name()), t.Name, "is the message "+t.Full+".")
	w.P("type ", t.Name, " struct {")
	w.P("has uint32 // presence, one bit a field")
	fields := slices.Clone(t.Fields)
	slices.SortStableFunc(fields, func(a, b *field) int { return order(a) - order(b) })
	for _, f := range fields {
		if f.Repeated {
			w.P(f.Var, " []", f.Type)
		} else {
			w.P(f.Var, " ", f.Type)
		}
	}
	w.P("}")
	w.P()
	w.bits(t)
	w.descriptor(t)
	w.P("// Reset makes every field absent and every repeated field empty. Memory is kept.")
	w.P("func (m *", t.Name, ") Reset() {")
	w.P("m.has = 0")
	for _, f := range t.Fields {
		if f.Repeated {
			w.P("m.", f.Var, " = m.", f.Var, "[:0]")
		}
	}
	w.P("}")
	w.P()
}

func order(f *field) int {
	switch {
	case f.Repeated:
		return 4
	case f.Kind == protoreflect.Uint64Kind || f.Kind == protoreflect.DoubleKind:
		return 2
	case f.Kind == protoreflect.BoolKind:
		return 1
	case f.isText():
		return 3
	case f.Kind == protoreflect.MessageKind:
		return 5
	default:
		return 0
	}
}

func (w *writer) bits(t *message) {
	first := true
	for _, f := range t.Fields {
		if f.Bit == "" {
			continue
		}
		if first {
			w.P("const (")
			w.P(f.Bit, " = 1 << iota")
			first = false
			continue
		}
		w.P(f.Bit)
	}
	if !first {
		w.P(")")
		w.P()
	}
}

func (w *writer) descriptor(t *message) {
	w.P("var desc", t.Name, ` = descriptor{name: "`, t.Full, `", fields: []fieldName{`)
	for _, f := range t.Fields {
		w.P("{", f.Number, `, "`, f.Desc.Name(), `"},`)
	}
	w.P("}}")
	w.P()
}

func (w *writer) accessors(t *message) {
	for _, f := range t.Fields {
		switch {
		case f.Repeated:
			w.repeated(t, f)
		case f.Kind == protoreflect.MessageKind:
			w.submessage(t, f)
		default:
			w.scalar(t, f)
			w.typedAccessors(t, f)
		}
	}
}

func (w *writer) has(t *message, f *field) {
	w.P("// Has", f.Name, " reports whether ", f.Desc.Name(), " is present.")
	w.P("func (m *", t.Name, ") Has", f.Name, "() bool { return m.has&", f.Bit, " != 0 }")
	w.P()
	w.P("// Clear", f.Name, " makes ", f.Desc.Name(), " absent.")
	w.P("func (m *", t.Name, ") Clear", f.Name, "() { m.has &^= ", f.Bit, " }")
	w.P()
}

func (w *writer) scalar(t *message, f *field) {
	what := f.Default
	if f.isText() {
		what = "nil"
	}
	w.P("// Get", f.Name, " returns ", f.Desc.Name(), ", ", what, " if absent.")
	if f.isText() {
		w.P("// The bytes are borrowed and must not be written; see the package comment.")
	}
	w.indented(f.Comments)
	w.P("func (m *", t.Name, ") Get", f.Name, "() ", f.Type, " {")
	w.P("if m.has&", f.Bit, " == 0 { return ", f.Default, " }")
	w.P("return m.", f.Var)
	w.P("}")
	w.P()
	w.has(t, f)
	borrow := ""
	if f.isText() {
		borrow = " The bytes are borrowed."
	}
	w.P("// Set", f.Name, " sets ", f.Desc.Name(), "; see Get", f.Name, ".", borrow)
	w.P("func (m *", t.Name, ") Set", f.Name, "(v ", f.Type, ") {")
	if f.isText() {
		w.P("m.", f.Var, " = v[:len(v):len(v)]")
	} else {
		w.P("m.", f.Var, " = v")
	}
	w.P("m.has |= ", f.Bit)
	w.P("}")
	w.P()
	if f.Kind == protoreflect.StringKind {
		w.P("// Set", f.Name, "String sets ", f.Desc.Name(), " without a copy.")
		w.P("func (m *", t.Name, ") Set", f.Name, "String(v string) { m.Set", f.Name, "(bytesOf(v)) }")
		w.P()
	}
}

func (w *writer) submessage(t *message, f *field) {
	w.P("// Get", f.Name, " returns ", f.Desc.Name(), ", an empty message if absent.")
	w.indented(f.Comments)
	w.P("func (m *", t.Name, ") Get", f.Name, "() *", f.Type, " {")
	w.P("if m.has&", f.Bit, " == 0 { m.", f.Var, ".Reset() }")
	w.P("return &m.", f.Var)
	w.P("}")
	w.P()
	w.has(t, f)
	w.P("// Mutable", f.Name, " makes ", f.Desc.Name(), " present, empty if it was absent, and returns it.")
	w.P("func (m *", t.Name, ") Mutable", f.Name, "() *", f.Type, " {")
	w.P("if m.has&", f.Bit, " == 0 { m.", f.Var, ".Reset() }")
	w.P("m.has |= ", f.Bit)
	w.P("return &m.", f.Var)
	w.P("}")
	w.P()
}

func (w *writer) repeated(t *message, f *field) {
	w.P("// Get", f.Name, " returns the elements of ", f.Desc.Name(),
		". They are part of the message and valid until it")
	w.P("// is decoded into, reset or appended to.")
	w.indented(f.Comments)
	elements := "m." + f.Var
	w.P("func (m *", t.Name, ") Get", f.Name, "() []", f.Type, " {")
	w.P("return ", elements, "[:len(", elements, "):len(", elements, ")]")
	w.P("}")
	w.P()
	if f.Kind == protoreflect.MessageKind {
		w.P("// Add", f.Name, " appends an empty element to ", f.Desc.Name(), " and returns it. It is valid until the")
		w.P("// next one is added.")
		w.P("func (m *", t.Name, ") Add", f.Name, "() *", f.Type, " {")
		w.P("m.", f.Var, " = extend(m.", f.Var, ")")
		w.P("e := &m.", f.Var, "[len(m.", f.Var, ")-1]")
		for _, inner := range f.Message.Fields {
			if inner.Desc.IsList() {
				name := camel(string(inner.Desc.Name()))
				name = strings.ToLower(name[:1]) + name[1:]
				w.P("e.", name, " = shrink(e.", name, ")")
			}
		}
		w.P("e.Reset()")
		w.P("return e")
		w.P("}")
	} else {
		w.P("// Add", f.Name, " appends v to ", f.Desc.Name(), ".")
		w.P("func (m *", t.Name, ") Add", f.Name, "(v ", f.Type, ") { m.", f.Var, " = append(m.", f.Var, ", v) }")
	}
	w.P()
	w.P("// Clear", f.Name, " makes ", f.Desc.Name(), " empty. Memory is kept.")
	w.P("func (m *", t.Name, ") Clear", f.Name, "() { m.", f.Var, " = m.", f.Var, "[:0] }")
	w.P()
}
