package msg_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// A prefix of a payload is refused with an error that says where, or is a payload itself.
func TestEveryPrefix(t *testing.T) {
	var m msg.Payload
	refused := 0
	for _, v := range readVectors(t) {
		for n := range v.Payload {
			prefix := v.Payload[:n:n]
			err := m.Decode(prefix, nil)
			var google seto.Payload
			googleErr := proto.UnmarshalOptions{AllowPartial: true}.Unmarshal(prefix, &google)
			if (err == nil) != (googleErr == nil) {
				t.Fatalf("%x: %v, google says %v", prefix, err, googleErr)
			}
			if err == nil {
				if got := convert.PayloadToProto(&m); !proto.Equal(got, &google) {
					t.Fatalf("%x: reads %v, google %v", prefix, got, &google)
				}
				continue
			}
			refused++
			if !errors.Is(err, msg.ErrTruncated) && !errors.Is(err, msg.ErrLength) {
				t.Errorf("%x: %v, want truncated or beyond the input", prefix, err)
			}
			checkError(t, prefix, err)
		}
	}
	if refused < 10_000 {
		t.Errorf("only %d prefixes were refused", refused)
	}
}

// checkError checks that a decode error points to the tag of the field it names.
func checkError(t *testing.T, b []byte, err error) {
	t.Helper()
	var e *msg.DecodeError
	if !errors.As(err, &e) {
		t.Fatalf("%x: error is a %T", b, err)
	}
	if e.Offset < 0 || e.Offset >= len(b) {
		t.Fatalf("%x: %v: the input has %d bytes", b, err, len(b))
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(e.Message))
	if err != nil {
		t.Fatalf("%x: %v: no such message", b, e)
	}
	tag, n := binary.Uvarint(b[e.Offset:])
	if n <= 0 {
		if e.Number != 0 || e.Field != "" {
			t.Errorf("%x: %v names a field, but there is no tag at its offset", b, e)
		}
		return
	}
	if e.Number != int64(tag>>3) {
		t.Errorf("%x: %v is about field %d, the tag there is of field %d", b, e, e.Number, tag>>3)
	}
	want := protoreflect.Name("")
	if f := found.(protoreflect.MessageDescriptor).Fields().ByNumber(protoreflect.FieldNumber(e.Number)); f != nil {
		want = f.Name()
	}
	if e.Field != string(want) {
		t.Errorf("%x: %v is about %q, field %d is %q", b, e, e.Field, e.Number, want)
	}
}

// An error says message, field, offset and reason, and holds nothing that came from the wire.
func TestDecodeErrorText(t *testing.T) {
	const secret = "hunter2"
	b := append([]byte{0x08, 0x02, 0x1a, 0x09, 0x12, 0x0f}, secret...) // login{password}, cut
	var m msg.Payload
	err := m.Decode(b, nil)
	const want = "msg: decode smarkets.seto.Login.password at offset 4: length is beyond the input"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %q", err, want)
	}
	if said := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(said, secret) || strings.Contains(said,
		"0x68, 0x75, 0x6e") {
		t.Errorf("the error holds bytes of the payload: %s", said)
	}

	err = new(msg.Quote).Decode([]byte{0x3e}, nil)
	if want := "msg: decode smarkets.seto.Quote.field 7 at offset 0: wrong wire type"; err == nil ||
		err.Error() != want {
		t.Errorf("error is %v, want %q", err, want)
	}
}
