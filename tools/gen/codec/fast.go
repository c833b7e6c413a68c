package codec

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// usual is the usual length of a number on the wire in bytes, by the name of its field. A right guess
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

// runs are the functions that read many elements of a repeated field in one call, by the type of the
// element.
var runs = map[string]string{"Quote": "levels"}

// slackBytes is how many bytes behind a message may be read: SlackBytes of package msg.
const slackBytes = 256

// What the fast decoders load.
const (
	wordBytes = 8             // at once
	longBytes = 10            // of a varint at most
	runBytes  = 6 + wordBytes // by a run, from where an element starts, and of one element at most
	spanBytes = 2             // of a length; what is longer is left to merge
)

// hasFast reports whether a message gets a fast decoder: all do but those without fields and those with
// repeated enums, which may be packed.
func hasFast(m protoreflect.MessageDescriptor) bool {
	for i := range m.Fields().Len() {
		if f := m.Fields().Get(i); f.IsList() && f.Message() == nil {
			return false
		}
	}
	return m.Fields().Len() > 0
}

// fast writes the decoder for a message as encoders write it: each field at most once, in the order of
// the numbers, nothing unknown. It leaves all else, errors included, to merge.
func (w *writer) fast(t *message) {
	c := &fastWriter{writer: w}
	w.P("// fast decodes b[i:end] into m if it consists of known fields, each at most once, in the order of their")
	w.P("// numbers. Otherwise it returns false and leaves m partly filled. p is where b is read; it may be a copy")
	w.P("// of b.")
	w.P("//")
	w.P("// i moves past a field that is present and as expected. An absent field leaves i where it is, and so")
	w.P("// does an unexpected one, after which no other field matches. As i only grows, it is equal to end only if")
	w.P("// every field was taken and none crossed the end. So only lengths that the input states are compared")
	w.P("// with end.")
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
	w.P("// fast reads at most ", c.over, " bytes behind the end.")
	w.P("const _ = uint(SlackBytes - ", c.over, ")")
}

// fastWriter writes one fast decoder and counts how far behind the end it may read.
type fastWriter struct {
	*writer
	at    int  // how far behind the end i may be
	over  int  // how far behind the end it may have read
	jumps bool // a field goes to done
}

// reads notes that n bytes are read from i on.
func (c *fastWriter) reads(n int) {
	if c.over = max(c.over, c.at+n); c.over > slackBytes {
		refuse("a fast decoder reads %d bytes behind the end", c.over)
	}
}

func (c *fastWriter) field(f *field) {
	c.reads(wordBytes)
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
		c.reads(f.tagSize() + 8)
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

// taken writes that a field of n bytes is present and that i moves past it.
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

// enumValue reads an enum if the schema names the value. All enums count from 1.
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

// orLong writes the branch for an integer of any other length, and ends the field.
func (c *fastWriter) orLong(f *field) {
	c.P("} else if v, next := long(p, i+", f.tagSize(), "); next > 0 {")
	c.P("m.", f.Var, " = ", f.Type, "(v)")
	c.P("has |= ", f.Bit)
	c.P("i = next")
	c.P("}")
	c.P("}")
}

// number writes how an integer is read: by one comparison if it has the usual length, else by a switch.
func (c *fastWriter) number(f *field) {
	size, shift := f.tagSize(), 8*f.tagSize()
	n := usual[f.Desc.Name()]
	switch {
	case n > wordBytes:
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.P("if y := load(p, i+", size, "); y&", varintContinuation, " == ", varintContinuation, " && octet(p, i+",
			size+wordBytes, ") < 0x80 { // of 9 bytes")
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
	c.reads(size + longBytes)
	c.at += size + longBytes
}

// elements reads the elements of a repeated message.
func (c *fastWriter) elements(f *field) {
	if run := runs[f.Type]; run != "" {
		c.P("if ", f.isTag("x"), " { // ", f.Desc.Name())
		c.P("m.", f.Var, ", i = ", run, "(m.", f.Var, ", p, i, end, ", hex(f.Tag), ", ", f.Limit, ")")
		c.P("}")
		c.P("x = load(p, i)")
		c.reads(runBytes)
		c.at = max(c.at, runBytes)
		c.reads(wordBytes)
	}
	c.P("for ", f.isTag("x"), " { // ", f.Desc.Name())
	c.span(f)
	c.P("if len(m.", f.Var, ") == ", f.Limit, " || !m.Add", f.Name, "().fast(p, b, from, to) { return false }")
	c.P("i = to")
	c.P("x = load(p, i)")
	c.P("}")
}

// span writes how the bounds of a field of bytes are found. Only this can move i far, so it is compared
// with end: what lies behind that belongs to another message.
func (c *fastWriter) span(f *field) {
	c.jumps = true
	c.reads(f.tagSize() + spanBytes)
	c.P("x >>= ", 8*f.tagSize())
	c.P("from, to := i+", f.tagSize()+1, ", int(x&0x7f)")
	c.P("if x&0x80 != 0 {")
	c.P("if x&0x8000 != 0 { goto done }")
	c.P("from, to = from+1, int(", varintTwo, "(x))")
	c.P("}")
	c.P("if to += from; to > end { goto done }")
}

// masked is an expression for some bits of a word, or of its lower half if that holds all of them.
func masked(x string, mask uint64) string {
	if mask>>32 == 0 {
		x = "uint32(" + x + ")"
	}
	return x + "&" + hex(mask)
}

// short is an expression for the varint of n bytes that starts at bit shift of x.
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

// tagWord is the field's tag as it appears in a word.
func (f *field) tagWord() uint64 {
	var v uint64
	for k, c := range protowire.AppendVarint(nil, f.Tag) {
		v |= uint64(c) << (8 * k)
	}
	return v
}

// isTag is the condition that a word starts with the field's tag.
func (f *field) isTag(x string) string {
	if f.tagSize() == 1 {
		return "byte(" + x + ") == " + hex(f.tagWord())
	}
	return masked(x, 0xffff) + " == " + hex(f.tagWord())
}
