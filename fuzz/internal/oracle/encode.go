package oracle

import (
	"bytes"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
)

// CheckEncode compares the encoders on the message p: gen/msg after FromProto, vtprotobuf, google.
func CheckEncode(t Type, p Standard) error {
	value, err := canonical.Marshal(p)
	if err != nil {
		return err
	}
	m := t.NewFlat()
	t.FromProto(m, p)
	if err := equalTo(t, m, value, "google"); err != nil {
		return err
	}
	return encodes(t, m, p, value)
}

// encodes checks that m, which equals p, whose encoding is value, is encoded as the others encode
// it, or refused if a required field is missing.
func encodes(t Type, m Flat, p Standard, value []byte) error {
	if size := m.SizeVT(); size != len(value) {
		return fmt.Errorf("SizeVT is %d, want %d", size, len(value))
	}
	_ = m.String() // hostile text must not stop it

	again := t.NewFlat()
	t.FromProto(again, t.ToProto(m))
	if err := equalTo(t, again, value, "ToProto and FromProto"); err != nil {
		return err
	}

	got, err := m.MarshalVT()
	if proto.CheckInitialized(p) != nil {
		var e *msg.EncodeError
		if !errors.As(err, &e) || e.Err != msg.ErrRequired || !isMissing(p.ProtoReflect(), e) {
			return fmt.Errorf("encode of a partial message says %v", err)
		}
		if n, err := m.MarshalToSizedBufferVT(make([]byte, len(value))); err == nil || n != 0 {
			return fmt.Errorf("encode of a partial message in place says %d, %v", n, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(got, value) {
		return fmt.Errorf("encoded as\n%x, by google as\n%x", got, value)
	}
	if got, err = p.MarshalVT(); err != nil || !bytes.Equal(got, value) {
		return fmt.Errorf("vtprotobuf encodes %x, %v, want %x", got, err, value)
	}
	return encodesInPlace(m, value)
}

// encodesInPlace checks that the encoder writes the end of its buffer and nothing else.
func encodesInPlace(m Flat, value []byte) error {
	const before = 32
	b := bytes.Repeat([]byte{0xa5}, before+len(value))
	n, err := m.MarshalToSizedBufferVT(b)
	if err != nil || n != len(value) {
		return fmt.Errorf("MarshalToSizedBufferVT says %d, %v, want %d", n, err, len(value))
	}
	if !bytes.Equal(b[before:], value) {
		return fmt.Errorf("encoded in place as %x, want %x", b[before:], value)
	}
	if !bytes.Equal(b[:before], bytes.Repeat([]byte{0xa5}, before)) {
		return fmt.Errorf("the encoder wrote before its message: %x", b[:before])
	}
	return nil
}

// isMissing reports whether the required field that e names is missing from m or a message in it.
func isMissing(m protoreflect.Message, e *msg.EncodeError) bool {
	d := m.Descriptor()
	if string(d.FullName()) == e.Message {
		f := d.Fields().ByName(protoreflect.Name(e.Field))
		if f != nil && f.Cardinality() == protoreflect.Required && !m.Has(f) {
			return true
		}
	}
	found := false
	EachPart(m, func(part protoreflect.Message) bool {
		found = isMissing(part, e)
		return !found
	})
	return found
}

// dropUnknown removes the unknown fields of m and of all messages in it.
func dropUnknown(m proto.Message) { dropUnknownIn(m.ProtoReflect()) }

func dropUnknownIn(m protoreflect.Message) {
	m.SetUnknown(nil)
	EachPart(m, func(part protoreflect.Message) bool {
		dropUnknownIn(part)
		return true
	})
}

// EachPart calls f with the messages in the fields of m until f returns false.
func EachPart(m protoreflect.Message, f func(protoreflect.Message) bool) {
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.Kind() != protoreflect.MessageKind:
			return true
		case field.IsList():
			for i := range v.List().Len() {
				if !f(v.List().Get(i).Message()) {
					return false
				}
			}
			return true
		}
		return f(v.Message())
	})
}

// CheckRoundTrip decodes b as a message of type t, completes it, encodes it, and checks that it is
// decoded as the same message and encoded as the same bytes again. Bytes that are no message are not
// judged.
func CheckRoundTrip(t Type, b []byte) error {
	m := t.NewFlat()
	if m.Decode(b, nil) != nil {
		return nil
	}
	p := t.ToProto(m)
	complete(p.ProtoReflect())
	t.FromProto(m, p)
	first, err := m.MarshalVT()
	if err != nil {
		return err
	}
	again := t.NewFlat()
	var u msg.Unknown
	if err := again.Decode(first, &u); err != nil {
		return fmt.Errorf("%x was written and is not read: %w", first, err)
	}
	if u.Fields != 0 {
		return fmt.Errorf("%x was written and has unknown fields", first)
	}
	if err := equalTo(t, again, first, "the writer"); err != nil {
		return err
	}
	if again.String() != m.String() {
		return fmt.Errorf("text was %s, is %s", m, again)
	}
	second, err := again.MarshalVT()
	if err != nil || !bytes.Equal(second, first) {
		return fmt.Errorf("written as %x, then as %x, %v", first, second, err)
	}
	return nil
}

// complete sets the required fields that m and the messages in it lack.
func complete(m protoreflect.Message) {
	required := m.Descriptor().RequiredNumbers()
	for i := range required.Len() {
		f := m.Descriptor().Fields().ByNumber(required.Get(i))
		switch {
		case m.Has(f):
		case f.Kind() == protoreflect.MessageKind:
			m.Mutable(f)
		default:
			m.Set(f, f.Default())
		}
	}
	EachPart(m, func(part protoreflect.Message) bool {
		complete(part)
		return true
	})
}
