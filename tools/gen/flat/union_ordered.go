package flat

// unionOrdered writes the decoder for payloads as every writer emits them: type, eto_payload and at
// most the one body that the type names. All else is left to decodeAny, errors included.
func (w *writer) unionOrdered(t *message, bodies []*field) {
	typ, eto := t.Fields[0], t.Fields[1]
	w.P("// decodeOrdered is Decode for a payload of type, eto_payload and at most the one body that the type")
	w.P("// names, in this order. It reports false if b is anything else, and m is then part-filled.")
	w.P("func (m *", t.Name, ") decodeOrdered(b []byte, u *Unknown) bool {")
	w.P("if len(b) < 4 { return false }")
	w.P("x := word(b, 0)")
	w.P("if x&0x80ff80ff != ", hex(eto.Tag<<16|typ.Tag), " { return false }")
	w.P("i := 4 + int(x>>24&0x7f)")
	w.P("if i > len(b) { return false }")
	w.P("m.typ = PayloadType(x>>8&0x7f)")
	w.P("m.has = has", t.Name, "Type | has", t.Name, "EtoPayload")
	w.P("if !m.typ.Known() { u.value() }")
	w.P("m.etoPayload.Reset()")
	w.P("if m.etoPayload.mergeOrdered(b, 4, i, u) != nil { return false }")
	w.P("if i == len(b) { return true }")
	w.P("x = word(b, i)")
	w.P("// A body's field is the one after its type; from 16 on a tag has two bytes.")
	w.P("if tag := uint64(m.typ+1)<<3 | wireBytes; tag < 0x80 {")
	w.P("if byte(x) != byte(tag) { return false }")
	w.P("x, i = x>>8, i+1")
	w.P("} else {")
	w.P("if uint16(x) != uint16(tag&0x7f|0x80|tag>>7<<8) { return false }")
	w.P("x, i = x>>16, i+2")
	w.P("}")
	w.P("switch {")
	for n := 1; n <= 3; n++ {
		w.P("case x&", hex(0x80<<(8*n-8)), " == 0: x, i = ", short(n, 0), ", i+", n)
	}
	w.P("default: return false")
	w.P("}")
	w.P("if uint64(len(b)-i) != x { return false }")
	w.P("m.has |= has", t.Name, "Body")
	w.P("switch m.typ {")
	for _, f := range bodies {
		w.P("case ", typeOf(t, f), ":")
		w.P("m.", f.Var, ".Reset()")
		w.P("return m.", f.Var, ".mergeOrdered(b, i, len(b), u) == nil")
	}
	w.P("}")
	w.P("return false")
	w.P("}")
	w.P()
}
