package msg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// varints are values as a hostile or a careless peer would write them.
var varints = [][]byte{
	{0},
	{1},
	{2},
	{0x7f},
	{0x80, 1},
	{0xff, 0x7f},
	{0x80, 0x80, 1},
	{0x81, 0x82, 0x44},
	{0x81, 0x82, 0x84, 0x48},
	{0x81, 0x82, 0x84, 0x88, 0x50},
	{0x81, 0x82, 0x84, 0x88, 0x90, 0x60}, // 3 to 9 bytes
	{0x81, 0x82, 0x84, 0x88, 0x90, 0xa0, 0x41},
	{0x81, 0x82, 0x84, 0x88, 0x90, 0xa0, 0xc1, 0x43},
	{0x81, 0x82, 0x84, 0x88, 0x90, 0xa0, 0xc1, 0x83, 0x45},
	{0xff, 0xff, 0xff, 0xff, 0x07},
	{0x80, 0x80, 0x80, 0x80, 0x08},
	{0xff, 0xff, 0xff, 0xff, 0x0f}, // 31 and 32 bits
	{0x80, 0x80, 0x80, 0x80, 0x10},
	{0x81, 0x80, 0x80, 0x80, 0x10},                               // more than 32 bits
	{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, // 1<<63
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, // all bits
	{0x80, 0},
	{0x82, 0x80, 0},
	{0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, // longer than need be
}

// tagOf is the tag of a field as it is decoded, of one that repeats too.
func tagOf(f protoreflect.FieldDescriptor) []byte {
	wire := uint64(2)
	switch f.Kind() {
	case protoreflect.DoubleKind:
		wire = 1
	case protoreflect.BoolKind, protoreflect.EnumKind, protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		wire = 0
	}
	return binary.AppendUvarint(nil, uint64(f.Number())<<3|wire)
}

func isVarint(f protoreflect.FieldDescriptor) bool { return tagOf(f)[0]&7 == 0 }
func isSpan(f protoreflect.FieldDescriptor) bool   { return tagOf(f)[0]&7 == 2 }

// checkAgainstGoogle decodes b into a new value and compares it to what google's library reads.
func checkAgainstGoogle(t *testing.T, k kind, b []byte) {
	t.Helper()
	want := k.newProto()
	if err := (proto.UnmarshalOptions{AllowPartial: true, DiscardUnknown: true}).Unmarshal(b, want); err != nil {
		t.Fatalf("%s: google says %v of %x", k.name, err, b)
	}
	m := k.new()
	decode(t, m, b)
	if got := canonical(t, protoOf(m)); !bytes.Equal(got, canonical(t, want)) {
		t.Errorf("%s: %x is read as %x, by google as %v", k.name, b, got, want)
	}
}

// Every varint is read as it is everywhere: cut to the width of its type, and anything but 0 true.
func TestVarintFields(t *testing.T) {
	for _, k := range kinds {
		for i := range k.fields.Len() {
			if f := k.fields.Get(i); isVarint(f) {
				for _, v := range varints {
					b := append(tagOf(f), v...)
					checkAgainstGoogle(t, k, b)
					// and more behind it
					checkAgainstGoogle(t, k, append(b[:len(b):len(b)], 0x98, 0x7f, 0x7f, 0x98, 0x7f, 0xff, 0x7f))
					// out of order
					checkAgainstGoogle(t, k, append([]byte{0x98, 0x7f, 0x7f}, b...))
				}
			}
		}
	}
}

// Text of every length is read whole, in order and out of it.
func TestTextFields(t *testing.T) {
	for _, k := range kinds {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			if f.Kind() != protoreflect.StringKind && f.Kind() != protoreflect.BytesKind {
				continue
			}
			for _, n := range []int{0, 1, 127, 128, 129, 255, 300, 16383, 16384, 16385, 40_000} {
				b := binary.AppendUvarint(tagOf(f), uint64(n))
				b = append(b, bytes.Repeat([]byte{0x98, 0x7f, 1}, n/3+1)[:n]...) // fields, were it not text
				checkAgainstGoogle(t, k, b)
				checkAgainstGoogle(t, k, append(b[:len(b):len(b)], 0x98, 0x7f, 1))
				checkAgainstGoogle(t, k, append([]byte{0x98, 0x7f, 1}, b...))
			}
		}
	}
}

// Of a value that comes several times the last one counts; parts of a message merge.
func TestRepeatedValues(t *testing.T) {
	for _, k := range kinds {
		if k.isUnion() {
			continue
		}
		one := canonical(t, k.full(0))
		checkAgainstGoogle(t, k, append(one[:len(one):len(one)], one...))
		for _, part := range partials(t, k) {
			checkAgainstGoogle(t, k, append(one[:len(one):len(one)], part...))
			checkAgainstGoogle(t, k, append(part[:len(part):len(part)], one...))
		}
	}
}

// Tags may be longer than they need be.
func TestLongTags(t *testing.T) {
	for _, k := range kinds {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			tag := tagOf(f)
			tag[len(tag)-1] |= 0x80
			value := []byte{0}
			if !isVarint(f) && !isSpan(f) {
				value = make([]byte, 8)
			}
			b := append(append([]byte{0x08, byte(f.Number() - 1)}, tag...), append([]byte{0x80, 0}, value...)...)
			if !k.isUnion() {
				b = b[2:]
			}
			checkAgainstGoogle(t, k, b)
		}
	}
}

// torn are values that a field cannot have, by the reason. None of them is a value if more bytes
// follow than the message has.
func torn(f protoreflect.FieldDescriptor) map[error][][]byte {
	overlong := bytes.Repeat([]byte{0xff}, 11)
	switch {
	case isVarint(f):
		return map[error][][]byte{
			msg.ErrTruncated: {{}, {0x80}, {0x80, 0x80}, {0xff, 0xff, 0xff}, overlong[:4], overlong[:7], overlong[:9]},
			msg.ErrOverflow:  {overlong[:10], overlong, append(overlong[:9:9], 2)},
		}
	case isSpan(f):
		return map[error][][]byte{
			msg.ErrTruncated: {{}, {0x80}, overlong[:9]},
			msg.ErrOverflow:  {overlong[:10], overlong},
			msg.ErrLength: {{1}, {2, 0}, {0x7f}, {0x81, 0x01}, append(overlong[:8:8], 0x7f), append(overlong[:9:9],
				1)},
		}
	default:
		return map[error][][]byte{msg.ErrTruncated: {{}, {0}, make([]byte, 7)}}
	}
}

// Every field is refused by its name and its place if its value is torn.
func TestTornFields(t *testing.T) {
	for _, k := range kinds {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			// What stands before moves the offset.
			for _, before := range [][]byte{nil, {0x98, 0x7f, 1, 0x98, 0x7f, 2}} {
				want := msg.DecodeError{
					Message: k.name, Field: string(f.Name()), Number: int64(f.Number()),
					Offset: len(before),
				}
				for reason, values := range torn(f) {
					for _, value := range values {
						want.Err = reason
						checkRefused(t, k, bytes.Join([][]byte{before, tagOf(f), value}, nil), want)
					}
				}
			}
		}
	}
}

// The end of a part is an end, whatever the whole has behind it.
func TestTornFieldsInParts(t *testing.T) {
	behind := append([]byte{0x9a, 0x7f, 120}, bytes.Repeat([]byte{1}, 120)...)
	for _, k := range kinds {
		for i := range k.fields.Len() {
			part := k.fields.Get(i)
			if part.Kind() != protoreflect.MessageKind {
				continue
			}
			var before []byte
			if k.isUnion() {
				before = []byte{0x08, byte(part.Number() - 1)}
			}
			before = append(before, tagOf(part)...)
			for i := range part.Message().Fields().Len() {
				f := part.Message().Fields().Get(i)
				want := msg.DecodeError{
					Message: string(part.Message().FullName()), Field: string(f.Name()),
					Number: int64(f.Number()), Offset: len(before) + 1,
				}
				for reason, values := range torn(f) {
					for _, value := range values {
						want.Err = reason
						inner := append(tagOf(f), value...)
						checkRefused(t, k, bytes.Join([][]byte{before, {byte(len(inner))}, inner, behind}, nil), want)
					}
				}
			}
		}
	}
}

func checkRefused(t *testing.T, k kind, b []byte, want msg.DecodeError) {
	t.Helper()
	var e *msg.DecodeError
	if err := k.new().Decode(b, nil); !errors.As(err, &e) || *e != want {
		t.Errorf("%x: %v, want %v", b, err, &want)
	}
}

// What is wrong inside of a part is said by the part's name and its place in the whole.
func TestTornParts(t *testing.T) {
	for _, k := range kinds {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			if f.Kind() != protoreflect.MessageKind {
				continue
			}
			var b []byte
			if k.isUnion() {
				b = []byte{0x08, byte(f.Number() - 1)}
			}
			b = append(append(b, tagOf(f)...), 2, 0x9e, 0x7f) // a field of a reserved wire type
			want := msg.DecodeError{
				Message: string(f.Message().FullName()), Number: 2035, Offset: len(b) - 2,
				Err: msg.ErrWireType,
			}
			var e *msg.DecodeError
			if err := k.new().Decode(b, nil); !errors.As(err, &e) || *e != want {
				t.Errorf("%s: %x: %v, want %v", f.FullName(), b, err, &want)
			}
		}
	}
}

// A payload that is torn behind a malformed body does not say which type is the last: the body
// counts by the type so far.
func TestTornPayloads(t *testing.T) {
	for _, torn := range [][]byte{
		{0x80},
		{0x08},
		{0x08, 0x80},
		{0x12},
		{0x12, 4, 0},
		{0x00, 1},
		{0x9e, 0x7f},
		{0x9c, 0x7f},
		{0x9b, 0x7f, 0x80},
	} {
		for _, tail := range [][]byte{nil, {0x08, 1}} {
			b := bytes.Join([][]byte{typeSettings, settingsBad, tail, torn}, nil)
			want := msg.DecodeError{
				Message: "smarkets.seto.Settings", Field: "cancel_all_on_failure", Number: 1,
				Offset: 5, Err: msg.ErrWireType,
			}
			var e *msg.DecodeError
			if err := new(msg.Payload).Decode(b, nil); !errors.As(err, &e) || *e != want {
				t.Errorf("%x: %v, want %v", b, err, &want)
			}
		}
	}
}

// A tag that cannot be read has no number.
func TestTornTags(t *testing.T) {
	for _, k := range kinds {
		for reason, tag := range map[error][]byte{
			msg.ErrTruncated: {0x88},
			msg.ErrOverflow:  bytes.Repeat([]byte{0x88}, 11),
		} {
			b := append([]byte{0x98, 0x7f, 1}, tag...)
			want := msg.DecodeError{Message: k.name, Offset: 3, Err: reason}
			var e *msg.DecodeError
			if err := k.new().Decode(b, nil); !errors.As(err, &e) || *e != want {
				t.Errorf("%s: %x: %v, want %v", k.name, b, err, &want)
			}
		}
	}
}

// Every prefix of a full message of every kind is refused, or is a message itself.
func TestEveryPrefixOfEveryMessage(t *testing.T) {
	for _, k := range kinds {
		types := []seto.PayloadType{0}
		if k.isUnion() {
			types = payloadTypes()
		}
		for _, typ := range types {
			b := canonical(t, k.full(typ))
			m := k.new()
			for n := range b {
				prefix := b[:n:n]
				err := m.Decode(prefix, nil)
				google := k.newProto()
				googleErr := proto.UnmarshalOptions{AllowPartial: true}.Unmarshal(prefix, google)
				if (err == nil) != (googleErr == nil) {
					t.Fatalf("%s: %x: %v, google says %v", k.name, prefix, err, googleErr)
				}
				if err != nil {
					checkError(t, prefix, err)
				} else if got := canonical(t, protoOf(m)); !bytes.Equal(got, canonical(t, google)) {
					t.Fatalf("%s: %x is read as %x, by google as %v", k.name, prefix, got, google)
				}
			}
		}
	}
}

// Unknown fields stand anywhere between the known ones and change nothing.
func TestUnknownFieldsBetween(t *testing.T) {
	unknown := bytes.Join([][]byte{
		{0x98, 0x7f, 0xff, 1}, {0x99, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8}, {0x9a, 0x7f, 2, 0, 0}, {
			0x9b, 0x7f, 0x08, 1, 0x9c,
			0x7f,
		}, {0x9d, 0x7f, 1, 2, 3, 4},
	}, nil)
	for _, k := range kinds {
		if k.isUnion() {
			continue
		}
		parts := partials(t, k)
		clean := bytes.Join(parts, nil)
		dirty := bytes.Join(parts, unknown)
		var u msg.Unknown
		m := k.new()
		if err := m.Decode(dirty, &u); err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		if want := uint64(5 * (len(parts) - 1)); u.Fields != want {
			t.Errorf("%s: %d unknown fields, want %d", k.name, u.Fields, want)
		}
		want := k.new()
		decode(t, want, clean)
		if got := m.String(); got != want.String() {
			t.Errorf("%s: with unknown fields reads as %s, want %s", k.name, got, want)
		}
	}
}
