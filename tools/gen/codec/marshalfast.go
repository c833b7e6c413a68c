package codec

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// sent are the messages that have a method MarshalFast: those of order entry. The others are sent once
// for a market or a connection, or never.
var sent = map[protoreflect.FullName]bool{
	"smarkets.seto.OrderCreate":         true,
	"smarkets.seto.OrderCancel":         true,
	"smarkets.seto.OrderCancelAll":      true,
	"smarkets.seto.OrderCancelReplace":  true,
	"smarkets.seto.OrderQuantityReduce": true,
}

// The buffer of a MarshalFast method, as in gen/msg/marshalfast.go.
const (
	fastStartMax = 255 // a field starts here at the latest
	fastTextMax  = 127
)

func binaryIdent(name string) protogen.GoIdent {
	return protogen.GoImportPath("encoding/binary").Ident(name)
}

// marshalFast writes the single-pass encoder. It refuses a message with a field that it does not support,
// and one that may not fit the buffer.
func (w *writer) marshalFast(t *message) {
	w.P("// MarshalFast writes the message to the front of b, as MarshalToSizedBufferVT writes it to the end of its")
	w.P("// buffer, and returns its size. It may overwrite any of b.")
	w.P("//")
	w.P("// The size is negative and the content of b undefined if a required field is not set, an enum does not")
	w.P("// fit one byte or a text is longer than 127 bytes: MarshalToSizedBufferVT then writes the message or")
	w.P("// returns the error.")
	w.P("func (m *", t.Name, ") MarshalFast(b *[MarshalFastBytes]byte) (n int) {")
	w.P("has, i := m.has, uint(0)")
	if req := t.required(); req != "" {
		w.P("const required = ", req)
		w.P("if has&required != required { return -1 }")
	}
	start := 0
	for _, f := range t.Fields {
		if start > fastStartMax {
			refuse("%s: %s does not fit the buffer of MarshalFast", t.Full, f.Desc.Name())
		}
		w.marshalFastField(f)
		start += f.marshalFastMax()
	}
	if start > fastStartMax+1 {
		refuse("%s does not fit the buffer of MarshalFast", t.Full)
	}
	w.P("return int(i)")
	w.P("}")
}

// marshalFastMax is the largest size of a field that MarshalFast writes.
func (f *field) marshalFastMax() int {
	switch {
	case f.Repeated:
	case f.isText():
		return f.tagSize() + 1 + fastTextMax
	case f.Kind == protoreflect.Uint32Kind:
		return f.tagSize() + 5
	case f.Kind == protoreflect.Uint64Kind:
		return f.tagSize() + 10
	case f.Kind == protoreflect.EnumKind:
		return f.tagSize() + 1
	}
	refuse("%s: MarshalFast does not support %v", f.Desc.FullName(), f.Kind)
	return 0
}

func (w *writer) marshalFastField(f *field) {
	m := "m." + f.Var
	if f.Required {
		w.P("{ // ", f.Desc.Name())
	} else {
		w.P("if has&", f.Bit, " != 0 {")
	}
	if f.tagSize() != 1 {
		refuse("%s: MarshalFast does not support a tag of two bytes", f.Desc.FullName())
	}
	tag := hex(uint64(protowire.AppendVarint(nil, f.Tag)[0]))
	little := binaryIdent("LittleEndian")
	w.P("b[i&fastMask] = ", tag)
	switch {
	case f.isText():
		w.P("text := ", m)
		w.P("if len(text) > fastTextMax { return -1 }")
		w.P("b[i&fastMask+1] = byte(len(text))")
		w.P("i += 2 + putText(b, i+2, text)")
	case f.Kind == protoreflect.EnumKind:
		w.P("v := uint(", m, ")")
		w.P("if v > 0x7f { return -1 }")
		w.P("b[i&fastMask+1] = byte(v)")
		w.P("i += 2")
	default:
		w.P("v := ", m)
		switch usual[f.Desc.Name()] {
		case 2:
			w.P("if v-0x80 < 1<<14-0x80 {")
			w.P(little, ".PutUint16(b[i&fastMask+1:], uint16(v+v&0x3f80+0x80))")
			w.P("i += 3")
			w.P("} else {")
			defer w.P("}")
		case 3:
			w.P("if v < 1<<28 {")
			w.P("x, n := ", varintSpread28, "(uint32(v))")
			w.P(little, ".PutUint32(b[i&fastMask+1:], x)")
			w.P("i += 1 + n")
			w.P("} else {")
			defer w.P("}")
		}
		if f.Kind == protoreflect.Uint32Kind {
			w.P("x, n := ", varintSpread32, "(v)")
			w.P(little, ".PutUint64(b[i&fastMask+1:], x)")
		} else {
			w.P("x, n := ", varintSpread64, "(v)")
			w.P(little, ".PutUint64(b[i&fastMask+1:], x)")
			w.P("if n > 8 { ", little, ".PutUint16(b[i&fastMask+9:], ", varintNinth, "(v)) }")
		}
		w.P("i += 1 + n")
	}
	w.P("}")
}
