package msg_test

import (
	"bytes"
	"errors"
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
	if !errors.As(err, &e) || *e != (msg.EncodeError{Message: name, Field: string(f.Name()), Err: msg.ErrRequired}) || b != nil {
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
