package codec

import "google.golang.org/protobuf/reflect/protoreflect"

// unionFast writes the decoder for payloads as encoders write them: type, eto_payload and at most the
// one body that the type names. It leaves all else, errors included, to decodeStrict.
func (w *writer) unionFast(t *message, bodies []*field) {
	typ, eto := t.Fields[0], t.Fields[1]
	c := &fastWriter{writer: w}
	w.P("// Decode makes m the payload in b: the envelope and the one body that the type names. Text fields")
	w.P("// of m borrow b. u, if not nil, counts what the schema does not know, bodies of other types")
	w.P("// included. The error is a *DecodeError; m then has to be reset or decoded into.")
	w.P("//")
	w.P("// Decode may read, but never uses, up to SlackBytes bytes between len(b) and cap(b). Without so many it")
	w.P("// copies b first, or is several times slower if b is long.")
	w.P("func (m *", t.Name, ") Decode(b []byte, u *Unknown) error {")
	w.P("// This is the fast decoder, for a payload as encoders write it: type, eto_payload of numbers only, and")
	w.P("// the one body that the type names unless it is a session message. decodeStrict reads all else from the")
	w.P("// start.")
	w.P("p, end := first(b), len(b)")
	w.P("if cap(b)-end < SlackBytes {")
	w.P("if p = m.withSlack(b); p == nil { return m.decodeStrict(b, u) }")
	w.P("}")
	w.P()
	w.P("// type and the length of eto_payload, a byte each")
	w.P("x := load(p, 0)")
	w.P("if ", masked("x", 0x80ff80ff), " != ", hex(eto.Tag<<16|typ.Tag), " { return m.decodeStrict(b, u) }")
	w.P("typ, i, to := PayloadType(x>>8&0x7f), 4, 4+int(x>>24&0x7f)")
	c.at = 4
	w.P()
	w.P("// the fields of eto_payload, without a call: every payload has it")
	w.P("var has uint32")
	for _, f := range newMessage(eto.Message).Fields {
		if f.Kind != protoreflect.MessageKind {
			f.Var = "etoPayload." + f.Var
			c.field(f)
			w.P()
		}
	}
	w.P("if i != to { return m.decodeStrict(b, u) }")
	w.P("m.etoPayload.has = has")
	w.P("m.typ = typ")
	w.P()
	w.P("if typ == ", typ.Default, " {")
	w.P("m.has = has", t.Name, "Type | has", t.Name, "EtoPayload")
	w.P("if i == end { return nil }")
	w.P("return m.decodeStrict(b, u)")
	w.P("}")
	w.P("m.has = has", t.Name, "Type | has", t.Name, "EtoPayload | has", t.Name, "Body")
	w.P()
	c.reads(wordBytes)
	w.P("// the body's field, whose number is the type's plus one; from 16 on a tag has two bytes")
	w.P("x = load(p, i)")
	w.P("if tag := uint32(typ+1)<<3 | ", varintTypeBytes, "; tag < 0x80 {")
	w.P("if uint32(x)&0xff != tag { return m.decodeStrict(b, u) }")
	w.P("x, i = x>>8, i+1")
	w.P("} else {")
	w.P("if uint32(x)&0xffff != tag&0x7f|0x80|tag>>7<<8 { return m.decodeStrict(b, u) }")
	w.P("x, i = x>>16, i+2")
	w.P("}")
	w.P("switch {")
	for n := 1; n <= 3; n++ {
		w.P("case x&", hex(0x80<<(8*n-8)), " == 0: x, i = ", w.short(n, 0), ", i+", n)
	}
	w.P("default: return m.decodeStrict(b, u)")
	w.P("}")
	w.P("// The body has to end where the payload ends, so that no other type can follow it.")
	w.P("if i+int(x) != end { return m.decodeStrict(b, u) }")
	w.P("switch typ {")
	for _, f := range bodies {
		if hasFast(f.Message.Desc) {
			w.P("case ", typeOf(t, f), ": if m.", f.Var, ".fast(p, b, i, end) { return nil }")
		}
	}
	w.P("}")
	w.P("return m.decodeStrict(b, u)")
	w.P("}")
	w.P()
	w.P("// Decode reads at most ", c.over, " bytes behind the end before it compares the end of the body with it.")
	w.P("const _ = uint(SlackBytes - ", c.over, ")")
}
