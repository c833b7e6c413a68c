package codec

import (
	"path"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// The comment of a payload type starts with who sends it.
const (
	FromClient   = " Client to exchange: "
	FromExchange = " Exchange to client: "
)

// body is what a message is as the body of a payload.
type body struct {
	Type       string // name of its payload type
	FromClient bool
}

// bodiesOf finds the messages that are bodies of the payload in def.
func bodiesOf(def *protogen.File) map[protoreflect.FullName]body {
	bodies := make(map[protoreflect.FullName]body)
	for _, m := range def.Messages {
		if !isUnion(m) {
			continue
		}
		t := newMessage(m)
		for _, f := range t.Fields[2:] {
			v := typeValue(t, f)
			bodies[f.Message.Desc.FullName()] = body{
				Type:       valueName(v.Desc),
				FromClient: strings.HasPrefix(string(v.Comments.Leading), FromClient),
			}
		}
	}
	return bodies
}

// requestKeys are the fields of package msg's Keys by the names of the fields that they are read from.
var requestKeys = map[protoreflect.Name]string{
	"side":          "Side",
	"market_id":     "Market",
	"contract_id":   "Contract",
	"price":         "Price",
	"reference":     "Reference",
	"order_id":      "OrderID",
	"orig_order_id": "OrderID",
	"quantity":      "Quantity",
	"new_quantity":  "Quantity",
}

// reportKeys are the fields of package msg's ReportKeys in the same way, without those of the account
// sequence.
var reportKeys = map[protoreflect.Name]string{
	"seq":           "Seq",
	"reference":     "Reference",
	"order_id":      "OrderID",
	"orig_order_id": "OrigOrderID",
}

// isReport reports whether a body that the exchange sends is about orders: it answers a request or has
// a number on the account.
func (t *message) isReport() bool {
	return t.field("account_sequence_64") != nil || t.field("seq") != nil
}

func (t *message) field(name protoreflect.Name) *field {
	for _, f := range t.Fields {
		if f.Desc.Name() == name {
			return f
		}
	}
	return nil
}

// bodyMethods writes what a body says about itself.
func (w *writer) bodyMethods(t *message, b body) {
	w.P("// PayloadType returns ", b.Type, ", the type of a payload with this body.")
	w.P("func (*", t.Name, ") PayloadType() PayloadType { return ", b.Type, " }")
	w.P()
	switch {
	case b.FromClient:
		w.P("// Keys returns the fields that identify the message and say what it puts at stake.")
		w.P("func (m *", t.Name, ") Keys() (k Keys) {")
		w.P("k.Type = ", b.Type)
		w.keyFields(t, requestKeys)
		w.P("return k")
		w.P("}")
		w.P()
	case t.isReport():
		w.P("// ReportKeys returns the fields that put the message in its place among others about orders.")
		w.P("func (m *", t.Name, ") ReportKeys() (k ReportKeys) {")
		w.P("k.Type = ", b.Type)
		if long := t.field("account_sequence_64"); long != nil {
			short := t.field("account_sequence")
			w.P("if m.has&", long.Bit, " != 0 {")
			w.P("k.AccountSequence = m.", long.Var)
			w.P("} else if m.has&", short.Bit, " != 0 {")
			w.P("k.AccountSequence, k.Short = uint64(m.", short.Var, "), true")
			w.P("}")
		}
		w.keyFields(t, reportKeys)
		w.P("return k")
		w.P("}")
		w.P()
	}
}

func (w *writer) keyFields(t *message, keys map[protoreflect.Name]string) {
	has := "m.has"
	for i, f := range t.Fields {
		if key := keys[f.Desc.Name()]; key != "" {
			if has == "m.has" && t.keyFields(keys, i+1) > 0 {
				has = "has"
				w.P("has := m.has")
			}
			w.P("if ", has, "&", f.Bit, " != 0 { k.", key, " = m.", f.Var, " }")
		}
	}
}

// keyFields returns how many of the fields from number i on are keys.
func (t *message) keyFields(keys map[protoreflect.Name]string, i int) (n int) {
	for _, f := range t.Fields[i:] {
		if keys[f.Desc.Name()] != "" {
			n++
		}
	}
	return n
}

// unionKeys writes the switches that read keys by the type of a payload.
func (w *writer) unionKeys(t *message, bodies map[protoreflect.FullName]body) {
	w.P("// ReportKeys returns the keys of the payload's body if that is a message about orders.")
	w.P("func (m *", t.Name, ") ReportKeys() (k ReportKeys, ok bool) {")
	w.P("if m.has&has", t.Name, "Body == 0 { return k, false }")
	w.P("switch m.typ {")
	for _, f := range t.Fields[2:] {
		if b := bodies[f.Message.Desc.FullName()]; !b.FromClient && newMessage(f.Message).isReport() {
			w.P("case ", b.Type, ": return m.", f.Var, ".ReportKeys(), true")
		}
	}
	w.P("}")
	w.P("return k, false")
	w.P("}")
	w.P()
	w.P("// DecodeKeys returns the keys of an encoded body, as the message that it encodes would: for bodies")
	w.P("// that other encoders than this package's have written. Of a body that clients do not send it returns")
	w.P("// the type alone. The error is a *DecodeError.")
	w.P("func DecodeKeys(typ PayloadType, body []byte) (Keys, error) {")
	w.P("switch typ {")
	for _, f := range t.Fields[2:] {
		if b := bodies[f.Message.Desc.FullName()]; b.FromClient {
			w.P("case ", b.Type, ":")
			w.P("var m ", f.Type)
			w.P("if err := m.merge(body, 0, nil); err != nil { return Keys{Type: typ}, err }")
			w.P("return m.Keys(), nil")
		}
	}
	w.P("}")
	w.P("return Keys{Type: typ}, nil")
	w.P("}")
	w.P()
}

// PayloadTypes writes the method PayloadType of the standard types that are bodies, so that those can
// be sent like the flat ones.
func PayloadTypes(plugin *protogen.Plugin) {
	for _, def := range plugin.Files {
		bodies := bodiesOf(def)
		if len(bodies) == 0 {
			continue
		}
		opts := def.Desc.Options().(*descriptorpb.FileOptions)
		dir := protogen.GoImportPath(opts.GetGoPackage())
		w := &writer{plugin.NewGeneratedFile(opts.GetGoPackage()+"/payload_type.go", dir)}
		w.P("// Code generated by the step of payload types. DO NOT EDIT.")
		w.P("// source: ", def.Desc.Path())
		w.P()
		w.P("package ", path.Base(opts.GetGoPackage()))
		for _, m := range def.Messages {
			if b, ok := bodies[m.Desc.FullName()]; ok {
				constant := msgIdent(b.Type)
				w.P()
				w.P("// PayloadType returns msg.", b.Type, ", the type of a payload with this body.")
				w.P("func (*", newMessage(m).Standard, ") PayloadType() ", msgIdent("PayloadType"), " { return ",
					constant, " }")
			}
		}
	}
}
