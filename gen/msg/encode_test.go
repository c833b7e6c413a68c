package msg_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// A full message of each kind is encoded as the other encoders encode it.
func TestEncodersAgree(t *testing.T) {
	for _, k := range kinds {
		types := []seto.PayloadType{0}
		if k.isUnion() {
			types = payloadTypes()
		}
		for _, typ := range types {
			standard := k.full(typ)
			m := k.new()
			setProto(m, standard)
			want := canonical(t, standard)
			if got, err := m.MarshalVT(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: encoded as %x, %v, want %x", k.name, got, err, want)
			}
			vt, err := standard.(interface{ MarshalVT() ([]byte, error) }).MarshalVT()
			if err != nil || !bytes.Equal(vt, want) {
				t.Errorf("%s: vtprotobuf encodes %x, %v, want %x", k.name, vt, err, want)
			}
			if n := m.SizeVT(); n != len(want) {
				t.Errorf("%s: SizeVT is %d, want %d", k.name, n, len(want))
			}
		}
	}
}

// Lengths of one, two and three bytes, of text and of the parts that hold it, each side of where
// they grow.
func TestEncodersAgreeOnLengths(t *testing.T) {
	union := kindOf(t, "smarkets.seto.Payload")
	check := func(p *seto.Payload) {
		t.Helper()
		m := union.new()
		setProto(m, p)
		want := canonical(t, p)
		if got, err := m.MarshalVT(); err != nil || !bytes.Equal(got, want) || m.SizeVT() != len(want) {
			t.Errorf("encoded as %d bytes, %v, %x..., want %d, %x...", len(got), err, got[:min(len(got), 16)],
				len(want), want[:16])
		}
		decode(t, m, want)
		if got := canonical(t, protoOf(m)); !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %x..., came back as %d, %x...", len(want), want[:16], len(got), got[:min(len(got), 16)])
		}
	}
	var lengths []int
	for n := range 24 {
		lengths = append(lengths, 108+n, 16364+n)
	}
	texts := 0
	for _, typ := range payloadTypes() {
		p := union.full(typ).(*seto.Payload)
		field := bodyField(typ)
		if field == nil {
			continue
		}
		body := p.ProtoReflect().Mutable(field).Message()
		for i := range body.Descriptor().Fields().Len() {
			f := body.Descriptor().Fields().Get(i)
			if f.Kind() != protoreflect.StringKind && f.Kind() != protoreflect.BytesKind {
				continue
			}
			texts++
			for _, n := range lengths {
				text := protoreflect.ValueOfString(strings.Repeat("x", n))
				if f.Kind() == protoreflect.BytesKind {
					text = protoreflect.ValueOfBytes(make([]byte, n))
				}
				body.Set(f, text)
				check(p)
			}
		}
	}
	if texts < 15 {
		t.Errorf("only %d text fields", texts)
	}

	quotes := union.full(seto.PayloadType_PAYLOAD_MARKET_QUOTES).(*seto.Payload)
	state := union.full(seto.PayloadType_PAYLOAD_MARKET_STATE).(*seto.Payload)
	for range 200 {
		contract := quotes.MarketQuotes.ContractQuotes[0]
		contract.Bids = append(contract.Bids, contract.Bids[0])
		contract.Offers = append(contract.Offers, contract.Offers[0])
		contract.Executions = append(contract.Executions, contract.Executions[0])
		quotes.MarketQuotes.ContractQuotes = append(quotes.MarketQuotes.ContractQuotes,
			quotes.MarketQuotes.ContractQuotes[1])
		state.MarketState.Contracts = append(state.MarketState.Contracts, state.MarketState.Contracts[0])
		check(quotes)
		check(state)
	}
	for _, n := range lengths {
		eto := union.full(seto.PayloadType_PAYLOAD_ETO).(*seto.Payload)
		*eto.EtoPayload.Login.Session = strings.Repeat("s", n)
		check(eto)
		*eto.EtoPayload.LoginResponse.Email = strings.Repeat("e", n)
		check(eto)
	}
}

// A message without one of its required fields is refused by name, and has a size all the same.
func TestRequired(t *testing.T) {
	required := 0
	for _, k := range kinds {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			if f.Cardinality() != protoreflect.Required {
				continue
			}
			required++
			standard := k.full(seto.PayloadType_PAYLOAD_ETO)
			standard.ProtoReflect().Clear(f)
			if k.isUnion() && f.Name() == "type" {
				standard = &seto.Payload{EtoPayload: standard.(*seto.Payload).EtoPayload}
			}
			m := k.new()
			setProto(m, standard)
			checkMissing(t, m, k.name, f, len(canonical(t, standard)))
		}
	}
	if required < 98 {
		t.Errorf("only %d required fields", required)
	}
}

func checkMissing(t *testing.T, m message, name string, f protoreflect.FieldDescriptor, size int) {
	t.Helper()
	b, err := m.MarshalVT()
	var e *msg.EncodeError
	if !errors.As(err, &e) || *e != (msg.EncodeError{Message: name, Field: string(f.Name()), Err: msg.ErrRequired}) ||
		b != nil {
		t.Errorf("%s is missing, encode says %x, %v", f.FullName(), b, err)
	}
	if n, err := m.MarshalToSizedBufferVT(make([]byte, 1<<12)); n != 0 || !errors.Is(err, msg.ErrRequired) {
		t.Errorf("%s is missing, encode in place says %d, %v", f.FullName(), n, err)
	}
	if n := m.SizeVT(); n != size {
		t.Errorf("%s is missing, SizeVT is %d, want %d", f.FullName(), n, size)
	}
}

// A part that misses a required field keeps the whole from being encoded.
func TestRequiredInParts(t *testing.T) {
	for _, k := range kinds {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			if f.Kind() != protoreflect.MessageKind || f.Message().RequiredNumbers().Len() == 0 {
				continue
			}
			typ := seto.PayloadType_PAYLOAD_ETO
			if k.isUnion() && f.Number() > 2 {
				typ = seto.PayloadType(f.Number() - 1)
			}
			standard := k.full(typ)
			part := standard.ProtoReflect().Mutable(f)
			if f.IsList() {
				proto.Reset(part.List().Get(1).Message().Interface())
			} else {
				proto.Reset(part.Message().Interface())
			}
			m := k.new()
			setProto(m, standard)
			_, err := m.MarshalVT()
			var e *msg.EncodeError
			if !errors.As(err, &e) || e.Message != string(f.Message().FullName()) {
				t.Errorf("%s is empty, encode says %v", f.FullName(), err)
			}
		}
	}
}

func TestEncodeErrorText(t *testing.T) {
	_, err := new(msg.Quote).MarshalVT()
	if want := "msg: encode smarkets.seto.Quote.price: required field is not set"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %q", err, want)
	}
}
