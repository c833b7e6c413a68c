package codec

import (
	"google.golang.org/protobuf/compiler/protogen"
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
	"high_price":              2,
	"low_price":               2,
	"quantity":                3,
	"new_quantity":            3,
	"quantity_left":           3,
	"source_quantity":         3,
	"executed_quantity":       3,
	"available_quantity":      3,
	"total_executed_quantity": 3,
	"pending_timeout":         1,
	"market_id":               3,
	"contract_id":             3,
	"account_sequence_64":     3,
	"reference":               8,
	"microseconds":            8,
	"order_id":                9,
	"orig_order_id":           9,
}

// runs are the functions that read many elements of a repeated field at once, by the element's type.
var runs = map[string]string{"Quote": "levels"}

// slackBytes is how much may be looked at behind a message: SlackBytes of package msg.
const slackBytes = 256

// What the fast decoders load.
const (
	wordBytes = 8             // at once
	longBytes = 10            // of a varint at most
	runBytes  = 6 + wordBytes // by a run, from where an element starts, and of one element at most
	spanBytes = 2             // of a length; what is longer is left to merge
)

// hasFast reports whether a message gets a fast decoder: all do but those without fields, and those
// with repeated enums, which come packed or not.
func hasFast(m protoreflect.MessageDescriptor) bool {
	for i := range m.Fields().Len() {
		if f := m.Fields().Get(i); f.IsList() && f.Message() == nil {
			return false
		}
	}
	return m.Fields().Len() > 0
}

// fast writes the decoder for a message as every writer emits it: each field at most once, in the
// order of their numbers, nothing unknown. It leaves all else, errors included, to merge.
func (w *writer) fast(t *message) {
	c := &fastWriter{writer: w}
	w.P("// fast makes m the message in b[i:end] if that is made as every writer makes it: known fields, each")
	w.P("// once, in the order of their numbers. It reports false if it is anything else, and m is then")
	w.P("// part-filled. p is where b is read at; it may be a copy of b.")
	w.P("//")
	w.P("// A field that is not there, or not plainly right, is passed by, and so are then all behind it. i")
	w.P("// only grows. So i is end at the end only if every field was taken and none crossed the end, and")
	w.P("// nothing before has to look at the end but what moves i by a length that b states.")
	w.P("func (m *", t.Name, ") fast(p *byte, b []byte, i, end int) bool {")
	for _, f := range t.Fields {
		if f.Repeated {
			w.P("m.", f.Var, " = m.", f.Var, "[:0]")
		}
	}
	w.P("var has uint32 // presence, one bit a field")
	w.P("var x uint64   // the next field's tag and what follows it")
	for _, f := range t.Fields {
		w.P()
		c.field(f)
	}
	w.P()
	if c.jumps {
		w.P("done:")
	}
	w.P("m.has = has")
	w.P("return i == end")
	w.P("}")
	w.P()
	w.P("// fast looks at no more than ", c.over, " bytes behind the end.")
	w.P("const _ = uint(SlackBytes - ", c.over, ")")
}

// fastWriter writes one fast decoder and counts how far it may look beyond the end.
type fastWriter struct {
	*writer
	at    int  // how far behind the end i may be
	over  int  // how far behind the end it may have looked
	jumps bool // a field goes to done
}

// look counts n bytes looked at from i.
func (c *fastWriter) look(n int) {
	if c.over = max(c.over, c.at+n); c.over > slackBytes {
		refuse("a fast decoder looks %d bytes beyond the end", c.over)
	}
}

func (c *fastWriter) field(f *field) {
	c.look(wordBytes)
	c.P("x = load(p, i)")
	switch {
	case f.Repeated:
		c.elements(f)
	case f.Kind == protoreflect.BoolKind:
		c.flag(f)
	case f.Kind == protoreflect.EnumKind:
		c.enumValue(f)
	case f.Kind == protoreflect.DoubleKind:
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.P("m.", f.Var, " = ", mathIdent("Float64frombits"), "(load(p, i+", f.tagSize(), "))")
		c.taken(f, f.tagSize()+8)
		c.P("}")
		c.look(f.tagSize() + 8)
		c.at += f.tagSize() + 8
	case f.isText():
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.span(f)
		c.P("m.", f.Var, " = b[from:to:to]")
		c.P("has |= ", f.Bit)
		c.P("i = to")
		c.P("}")
	case f.Kind == protoreflect.MessageKind:
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.span(f)
		c.P("if !m.", f.Var, ".fast(p, b, from, to) { return false }")
		c.P("has |= ", f.Bit)
		c.P("i = to")
		c.P("}")
	default:
		c.number(f)
	}
}

// taken writes that a field of n bytes is present and passed.
func (c *fastWriter) taken(f *field, n int) {
	c.P("has |= ", f.Bit)
	c.P("i += ", n)
}

func (c *fastWriter) flag(f *field) {
	shift := 8 * f.tagSize()
	c.P("if ", masked("x", 1<<shift-1|0x80<<shift), " == ", hex(f.tagWord()), " { // ", f.Desc.Name())
	c.P("m.", f.Var, " = byte(x>>", shift, ") != 0")
	c.taken(f, f.tagSize()+1)
	c.P("}")
	c.at += f.tagSize() + 1
}

// enumValue reads an enum if the schema knows the value: all have values from 1 on.
func (c *fastWriter) enumValue(f *field) {
	values := f.Enum.Values
	for n, v := range values {
		if int(v.Desc.Number()) != n+1 {
			refuse("%s: values have gaps", f.Desc.FullName())
		}
	}
	shift := 8 * f.tagSize()
	c.P("if ", f.isTag("x"), " && byte(x>>", shift, ")-1 < ", len(values), " { // ", f.Desc.Name(), ", known")
	c.P("m.", f.Var, " = ", f.Type, "(byte(x>>", shift, "))")
	c.taken(f, f.tagSize()+1)
	c.P("}")
	c.at += f.tagSize() + 1
}

// orLong reads an integer of any other length, and ends the field.
func (c *fastWriter) orLong(f *field) {
	c.P("} else if v, next := long(p, i+", f.tagSize(), "); next > 0 {")
	c.P("m.", f.Var, " = ", f.Type, "(v)")
	c.P("has |= ", f.Bit)
	c.P("i = next")
	c.P("}")
	c.P("}")
}

// number reads an integer: of the usual length by one comparison, else by its length.
func (c *fastWriter) number(f *field) {
	size, shift := f.tagSize(), 8*f.tagSize()
	n := usual[f.Desc.Name()]
	switch {
	case n > wordBytes:
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.P("if y := load(p, i+", size, "); y&", varintContinuation, " == ", varintContinuation, " && octet(p, i+", size+wordBytes, ") < 0x80 { // of 9 bytes")
		c.P("m.", f.Var, " = ", f.Type, "(", varintEight, "(y)|uint64(octet(p, i+", size+wordBytes, "))<<56)")
		c.taken(f, size+9)
		c.orLong(f)
	case n > 4:
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.P("if y := load(p, i+", size, "); y&", varintContinuation, " == ", varintContinuation, ">>8 { // of 8 bytes")
		c.P("m.", f.Var, " = ", f.Type, "(", varintEight, "(y))")
		c.taken(f, size+8)
		c.orLong(f)
	default:
		if n > 0 {
			mask, want := uint64(1)<<shift-1, f.tagWord()
			for k := range n {
				mask |= 0x80 << (shift + 8*k)
				if k < n-1 {
					want |= 0x80 << (shift + 8*k)
				}
			}
			c.P("if ", masked("x", mask), " == ", hex(want), " { // ", f.Desc.Name(), " of ", n, " bytes")
			c.P("m.", f.Var, " = ", f.Type, "(", c.short(n, shift), ")")
			c.taken(f, size+n)
			c.P("} else if ", f.isTag("x"), " { // ", f.Desc.Name())
		} else {
			c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		}
		c.P("switch x >>= ", shift, "; {")
		for k := 1; k <= 4; k++ {
			if k == n {
				continue
			}
			c.P("case x&", hex(0x80<<(8*k-8)), " == 0:")
			c.P("m.", f.Var, " = ", f.Type, "(", c.short(k, 0), ")")
			c.taken(f, size+k)
		}
		c.P("default:")
		c.P("if v, next := long(p, i+", size, "); next > 0 {")
		c.P("m.", f.Var, " = ", f.Type, "(v)")
		c.P("has |= ", f.Bit)
		c.P("i = next")
		c.P("}")
		c.P("}")
		c.P("}")
	}
	c.look(size + longBytes)
	c.at += size + longBytes
}

// elements reads the elements of a repeated message.
func (c *fastWriter) elements(f *field) {
	if run := runs[f.Type]; run != "" {
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.P("m.", f.Var, ", i = ", run, "(m.", f.Var, ", p, i, end, ", hex(f.Tag), ", ", f.Limit, ")")
		c.P("}")
		c.P("x = load(p, i)")
		c.look(runBytes)
		c.at = max(c.at, runBytes)
		c.look(wordBytes)
	}
	c.P("for ", f.isTag("x"), " { // ", f.Desc.Name())
	c.span(f)
	c.P("if len(m.", f.Var, ") == ", f.Limit, " || !m.Add", f.Name, "().fast(p, b, from, to) { return false }")
	c.P("i = to")
	c.P("x = load(p, i)")
	c.P("}")
}

// span finds where a field of bytes lies. It is the one thing that may move i far, so the end is
// looked at. What goes beyond it is not ours but follows the message.
func (c *fastWriter) span(f *field) {
	c.jumps = true
	c.look(f.tagSize() + spanBytes)
	c.P("x >>= ", 8*f.tagSize())
	c.P("from, to := i+", f.tagSize()+1, ", int(x&0x7f)")
	c.P("if x&0x80 != 0 {")
	c.P("if x&0x8000 != 0 { goto done }")
	c.P("from, to = from+1, int(", varintTwo, "(x))")
	c.P("}")
	c.P("if to += from; to > end { goto done }")
}

// masked is the expression of some bits of a word, of its lower half if that holds them.
func masked(x string, mask uint64) string {
	if mask>>32 == 0 {
		x = "uint32(" + x + ")"
	}
	return x + "&" + hex(mask)
}

// short is the expression of an integer of n bytes that lies at a bit of x.
func (w *writer) short(n, shift int) string {
	x := "x"
	if shift > 0 {
		x = "x>>" + hex(uint64(shift))
	}
	if n == 1 {
		return x + "&0x7f"
	}
	return w.QualifiedGoIdent([]protogen.GoIdent{2: varintTwo, 3: varintThree, 4: varintFour}[n]) + "(" + x + ")"
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
	return masked(x, 0xffff) + " == " + hex(f.tagWord())
}
