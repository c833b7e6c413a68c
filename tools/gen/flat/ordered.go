package flat

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// usual is how many bytes a number usually has on the wire, by the name of its field. A right guess
// saves the branches that find the length, a wrong one costs one more; neither changes a value.
var usual = map[protoreflect.Name]int{
	"seq":                     3,
	"price":                   2,
	"orig_price":              2,
	"executed_avg_price":      2,
	"quantity":                3,
	"available_quantity":      3,
	"total_executed_quantity": 3,
	"pending_timeout":         1,
	"market_id":               3,
	"contract_id":             3,
	"account_sequence_64":     3,
}

// runs are the functions that read many elements of a repeated field at once, by the element's type.
var runs = map[string]string{"Quote": "appendLevels"}

// wordBytes is how much of the input the ordered decoder looks at at once.
const wordBytes = 8

// ordered writes the decoder for fields in the order of their numbers, in which every writer emits
// them. It looks for each field once and takes what is plainly right. From the first thing on that
// is not, an error included, merge goes on.
func (w *writer) ordered(t *message) {
	w.P("// mergeOrdered is merge for the fields in b[i:end], quick as long as they ascend.")
	w.P("func (m *", t.Name, ") mergeOrdered(b []byte, i, end int, u *Unknown) error {")
	var fields []*field
	for _, f := range t.Fields {
		if !f.Repeated || f.Kind == protoreflect.MessageKind {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 {
		w.P("return m.merge(b[:end], i, u)")
		w.P("}")
		w.P()
		return
	}
	w.P("if i == end { return nil }")
	w.P("has, at := m.has, i // at is where the last field started")
	w.P("x := word(b, i)")
	for k, f := range fields {
		w.orderedField(f, k == len(fields)-1)
	}
	w.P("goto rest")
	w.P("stop:")
	w.P("if i == end {")
	w.P("m.has = has")
	w.P("return nil")
	w.P("}")
	w.P("i = at // the field goes on behind the end")
	w.P("rest:")
	w.P("m.has = has")
	w.P("return m.merge(b[:end], i, u)")
	w.P("}")
	w.P()
}

func (w *writer) orderedField(f *field, last bool) {
	switch {
	case f.Repeated:
		w.orderedElements(f, last)
		return
	case f.Kind == protoreflect.BoolKind, f.Kind == protoreflect.EnumKind:
		w.orderedFlag(f)
	case f.Kind == protoreflect.DoubleKind:
		w.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		w.P("if i+", f.tagSize()+8, " > end { goto rest }")
		w.P("at = i")
		w.P("m.", f.Var, " = ", mathIdent("Float64frombits"), "(word(b, i+", f.tagSize(), "))")
		w.P("has |= ", f.Bit)
		w.P("i += ", f.tagSize()+8)
	case f.isText():
		w.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		w.orderedSpan(f)
		w.P("m.", f.Var, " = b[from:to:to]")
		w.P("has |= ", f.Bit)
		w.P("at, i = i, to")
	case f.Kind == protoreflect.MessageKind:
		w.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		w.orderedSpan(f)
		w.P("if has&", f.Bit, " == 0 { m.", f.Var, ".Reset() }")
		w.P("has |= ", f.Bit)
		w.P("if err := m.", f.Var, ".mergeOrdered(b, from, to, u); err != nil { return err }")
		w.P("at, i = i, to")
	default:
		w.orderedNumber(f, last)
	}
	w.orderedNext(last)
	w.P("}")
}

// orderedNext goes on behind a field.
func (w *writer) orderedNext(last bool) {
	w.P("if i >= end { goto stop }")
	if !last {
		w.P("x = word(b, i)")
	}
}

// orderedFlag reads a value of one byte; tag and length are one comparison.
func (w *writer) orderedFlag(f *field) {
	shift := 8 * f.tagSize()
	w.P("if x&", hex(1<<shift-1|0x80<<shift), " == ", hex(f.tagWord()), " { // ", f.Desc.Name())
	w.P("at = i")
	w.P("i += ", f.tagSize()+1)
	if f.Kind == protoreflect.BoolKind {
		w.P("m.", f.Var, " = byte(x>>", shift, ") != 0")
	} else {
		w.P("m.", f.Var, " = ", f.Type, "(x>>", shift, "&0x7f)")
		w.P("if !m.", f.Var, ".Known() && i <= end { u.value() }")
	}
	w.P("has |= ", f.Bit)
}

// orderedNumber reads an integer: of the usual length by one comparison, else by its length.
func (w *writer) orderedNumber(f *field, last bool) {
	size, shift := f.tagSize(), 8*f.tagSize()
	if n := usual[f.Desc.Name()]; n > 0 && size+n <= wordBytes {
		mask, want := uint64(1)<<shift-1, f.tagWord()
		for k := range n {
			mask |= 0x80 << (shift + 8*k)
			if k < n-1 {
				want |= 0x80 << (shift + 8*k)
			}
		}
		w.P("if x&", hex(mask), " == ", hex(want), " { // ", f.Desc.Name(), " of ", n, " bytes")
		w.P("m.", f.Var, " = ", f.Type, "(", short(n, shift), ")")
		w.P("has |= ", f.Bit)
		w.P("at = i")
		w.P("i += ", size+n)
		w.orderedNext(last)
		w.P("} else if ", f.isTag("x"), " { // ", f.Desc.Name())
	} else {
		w.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
	}
	w.P("at = i")
	w.P("switch x >>= ", shift, "; {")
	for n := 1; n <= 4; n++ {
		w.P("case x&", hex(0x80<<(8*n-8)), " == 0: x, i = ", short(n, 0), ", i+", size+n)
	}
	w.P("default:")
	w.P("if x, i = long(b, i+", size, "); i < 0 {")
	w.P("i = at")
	w.P("goto rest")
	w.P("}")
	w.P("}")
	w.P("m.", f.Var, " = ", f.Type, "(x)")
	w.P("has |= ", f.Bit)
}

// orderedElements reads the elements of a repeated message.
func (w *writer) orderedElements(f *field, last bool) {
	if run := runs[f.Type]; run != "" {
		w.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		w.P("m.", f.Var, ", i = ", run, "(m.", f.Var, ", b, i, end, ", hex(f.Tag), ", ", f.Limit, ")")
		w.P("if i == end { goto stop }")
		w.P("x = word(b, i)")
		w.P("}")
	}
	w.P("for ", f.isTag("x"), " { // ", f.Desc.Name())
	w.orderedSpan(f)
	w.P("if len(m.", f.Var, ") == ", f.Limit, " { goto rest }")
	w.P("if err := m.Add", f.Name, "().mergeOrdered(b, from, to, u); err != nil { return err }")
	w.P("at, i = i, to")
	w.orderedNext(false)
	w.P("}")
}

// orderedSpan finds where a field of bytes lies, within end.
func (w *writer) orderedSpan(f *field) {
	w.P("x >>= ", 8*f.tagSize())
	w.P("from, to := i+", f.tagSize()+1, ", int(x&0x7f)")
	w.P("if x&0x80 != 0 {")
	w.P("if x&0x8000 != 0 { goto rest }")
	w.P("from, to = from+1, int(two(x))")
	w.P("}")
	w.P("if to += from; to > end { goto rest }")
}

// short is the expression of an integer of n bytes that lies at a bit of x.
func short(n, shift int) string {
	x := "x"
	if shift > 0 {
		x = "x>>" + hex(uint64(shift))
	}
	return []string{1: x + "&0x7f", 2: "two(" + x + ")", 3: "three(" + x + ")", 4: "four(" + x + ")"}[n]
}

// tagWord is the field's tag as its bytes are in a word.
func (f *field) tagWord() uint64 {
	var v uint64
	for k, c := range protowire.AppendVarint(nil, f.Tag) {
		v |= uint64(c) << (8 * k)
	}
	return v
}

// isTag is the condition that a word begins with the field's tag.
func (f *field) isTag(x string) string {
	if f.tagSize() == 1 {
		return "byte(" + x + ") == " + hex(f.tagWord())
	}
	return "uint16(" + x + ") == " + hex(f.tagWord())
}
