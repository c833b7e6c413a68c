package msg_test

import (
	"bytes"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// A message goes to the standard type and back without a change, into a value that held another.
func TestConversions(t *testing.T) {
	for _, k := range kinds {
		types := []seto.PayloadType{0}
		if k.isUnion() {
			types = payloadTypes()
		}
		m := k.new()
		for _, typ := range types {
			want := k.full(typ)
			setProto(m, want)
			got := protoOf(m)
			if !bytes.Equal(canonical(t, got), canonical(t, want)) {
				t.Errorf("%s: %v came back as %v", k.name, want, got)
			}
			for _, b := range partials(t, k) {
				p := k.new()
				decode(t, p, b)
				setProto(m, protoOf(p))
				if got := canonical(t, protoOf(m)); !k.isUnion() && !bytes.Equal(got, b) {
					t.Errorf("%s: %x came back as %x", k.name, b, got)
				}
			}
		}
	}
}

// A nil message is an empty one, on its own and as an element, as for the standard encoders.
func TestNilConverts(t *testing.T) {
	for _, k := range kinds {
		m := k.new()
		setProto(m, k.full(seto.PayloadType_PAYLOAD_SETTINGS))
		setProto(m, reflect.Zero(reflect.TypeOf(k.newProto())).Interface().(proto.Message))
		checkEmpty(t, m)
	}
	var quotes msg.ContractQuotes
	convert.ContractQuotesFromProto(&quotes, &seto.ContractQuotes{Bids: []*seto.Quote{nil, new(seto.Quote)}})
	if got := quotes.GetBids(); len(got) != 2 || got[0].HasPrice() || got[1].HasPrice() {
		t.Errorf("nil and an empty element came back as %v", &quotes)
	}
}

// The standard message that ToProto returns is the caller's alone, and FromProto does not write to its
// argument.
func TestProtoSharesNothing(t *testing.T) {
	for _, k := range kinds {
		b := canonical(t, k.full(seto.PayloadType_PAYLOAD_MARKET_QUOTES))
		m := k.new()
		decode(t, m, b)
		p := protoOf(m)
		want := canonical(t, p)
		clear(b)
		m.Reset()
		if got := canonical(t, p); !bytes.Equal(got, want) {
			t.Errorf("%s: the payload's bytes changed, and %x became %x", k.name, want, got)
		}
		setProto(m, p)
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			if f.Kind() == protoreflect.MessageKind && f.IsList() {
				reflect.ValueOf(m).MethodByName("Add" + k.goNames()[f.Name()]).Call(nil)
			}
		}
		m.Reset()
		if got := canonical(t, p); !bytes.Equal(got, want) {
			t.Errorf("%s: the argument of FromProto became %x", k.name, got)
		}
	}
}

// Of a standard payload's bodies the flat one takes the one that its type names.
func TestConvertsTheOneBody(t *testing.T) {
	all := new(seto.Payload)
	n := uint64(1000)
	fillAll(all.ProtoReflect(), &n)
	var m msg.Payload
	for _, typ := range payloadTypes() {
		all.Type = typ.Enum()
		convert.PayloadFromProto(&m, all)
		want := &seto.Payload{Type: typ.Enum(), EtoPayload: all.EtoPayload}
		if f := bodyField(typ); f != nil {
			want.ProtoReflect().Set(f, all.ProtoReflect().Get(f))
		}
		if got := canonical(t, protoOf(&m)); !bytes.Equal(got, canonical(t, want)) {
			t.Errorf("%v: payload is %x, want %x", typ, got, canonical(t, want))
		}
	}
	all.Type = nil
	convert.PayloadFromProto(&m, all)
	if m.HasType() || m.HasBody() || !m.HasEtoPayload() {
		t.Errorf("without a type the payload is %v", &m)
	}
	convert.PayloadFromProto(&m, &seto.Payload{Type: seto.PayloadType_PAYLOAD_SETTINGS.Enum()})
	if !m.HasType() || m.HasBody() || m.HasEtoPayload() {
		t.Errorf("without a body the payload is %v", &m)
	}
}
