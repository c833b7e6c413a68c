package msg_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// fastMarshaler is a message with a method MarshalFast.
type fastMarshaler interface {
	message
	MarshalFast(b *[msg.MarshalFastBytes]byte) int
}

// fastMarshalers returns the kinds of such messages.
func fastMarshalers(t *testing.T) (all []kind) {
	t.Helper()
	for _, k := range kinds {
		if _, ok := k.new().(fastMarshaler); ok {
			all = append(all, k)
		}
	}
	if len(all) != 5 {
		t.Fatalf("%d messages have MarshalFast, want order entry's 5", len(all))
	}
	return all
}

// checkMarshalFast writes p both ways and checks every byte around it.
func checkMarshalFast(t *testing.T, k kind, p proto.Message) {
	t.Helper()
	m := k.new().(fastMarshaler)
	setProto(m, p)
	want := canonical(t, p)
	if got, err := m.MarshalVT(); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s: backwards %x, %v, want %x", k.name, got, err, want)
	}
	const beyond = 64
	for _, fill := range []byte{0x00, 0xa5, 0xff} {
		b := bytes.Repeat([]byte{fill}, msg.MarshalFastBytes+beyond)
		n := m.MarshalFast((*[msg.MarshalFastBytes]byte)(b))
		if n < 0 || !bytes.Equal(b[:n], want) {
			t.Fatalf("%s: forwards %d, %x, want %x", k.name, n, b[:max(n, 0)], want)
		}
		if !bytes.Equal(b[msg.MarshalFastBytes:], bytes.Repeat([]byte{fill}, beyond)) {
			t.Fatalf("%s: wrote beyond its buffer: %x", k.name, b[msg.MarshalFastBytes:])
		}
	}
}

// checkDeclined expects MarshalFast to decline p and to leave it as it is.
func checkDeclined(t *testing.T, k kind, p proto.Message) {
	t.Helper()
	m := k.new().(fastMarshaler)
	setProto(m, p)
	before := m.String()
	if n := m.MarshalFast(new([msg.MarshalFastBytes]byte)); n >= 0 {
		t.Errorf("%s: writes %d bytes of %v", k.name, n, p)
	}
	if m.String() != before {
		t.Errorf("%s: changed to %v", k.name, m)
	}
}

// edgeNumbers returns the numbers at which varints change their length, and their neighbours.
func edgeNumbers() (numbers []uint64) {
	for k := range 64 {
		numbers = append(numbers, 1<<k-1, 1<<k, 1<<k+1)
	}
	return append(numbers, math.MaxUint64, math.MaxUint64-1)
}

// setNumber sets a field to as much of v as it can hold.
func setNumber(m protoreflect.Message, f protoreflect.FieldDescriptor, v uint64) {
	switch f.Kind() {
	case protoreflect.EnumKind:
		m.Set(f, protoreflect.ValueOfEnum(protoreflect.EnumNumber(v&0x7f)))
	case protoreflect.Uint32Kind:
		m.Set(f, protoreflect.ValueOfUint32(uint32(v)))
	case protoreflect.Uint64Kind:
		m.Set(f, protoreflect.ValueOfUint64(v))
	case protoreflect.StringKind:
		m.Set(f, protoreflect.ValueOfString(strings.Repeat("x", int(v&0x7f))))
	}
}

// Every field of every message takes every number and every text of up to 127 bytes, with the other
// fields present and, if they may be, absent.
func TestMarshalFastAgrees(t *testing.T) {
	for _, k := range fastMarshalers(t) {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			for j, v := range append(edgeNumbers(), textLengths()...) {
				full, bare := k.newProto().ProtoReflect(), k.newProto().ProtoReflect()
				for o := range k.fields.Len() {
					other := k.fields.Get(o)
					setNumber(full, other, uint64(o+j))
					if other.Cardinality() == protoreflect.Required {
						setNumber(bare, other, uint64(o))
					}
				}
				setNumber(full, f, v)
				setNumber(bare, f, v)
				checkMarshalFast(t, k, full.Interface())
				checkMarshalFast(t, k, bare.Interface())
			}
		}
	}
}

func textLengths() (lengths []uint64) {
	for n := range uint64(128) {
		lengths = append(lengths, n)
	}
	return lengths
}

// The largest message of each kind fits the buffer, and random messages are written alike by both encoders.
func TestMarshalFastAgreesAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range fastMarshalers(t) {
		largest := k.newProto().ProtoReflect()
		for i := range k.fields.Len() {
			setNumber(largest, k.fields.Get(i), math.MaxUint64)
		}
		checkMarshalFast(t, k, largest.Interface())
		for range 2000 {
			p := k.newProto().ProtoReflect()
			for i := range k.fields.Len() {
				if f := k.fields.Get(i); f.Cardinality() == protoreflect.Required || r.IntN(2) == 0 {
					setNumber(p, f, r.Uint64()>>r.IntN(64))
				}
			}
			checkMarshalFast(t, k, p.Interface())
		}
	}
}

// MarshalFast declines unusual messages: a required field that is not set, an enum beyond one byte, a long
// text.
func TestMarshalFastDeclines(t *testing.T) {
	declined := 0
	for _, k := range fastMarshalers(t) {
		full := k.full(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		for i := range k.fields.Len() {
			if f := k.fields.Get(i); f.Kind() == protoreflect.EnumKind {
				setNumber(full.ProtoReflect(), f, 1) // the others are beyond one byte
			}
		}
		checkMarshalFast(t, k, full)
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			p := proto.Clone(full)
			switch {
			case f.Kind() == protoreflect.EnumKind:
				for _, v := range []protoreflect.EnumNumber{128, 1 << 20, math.MaxInt32, -1, math.MinInt32} {
					p.ProtoReflect().Set(f, protoreflect.ValueOfEnum(v))
					checkDeclined(t, k, p)
					declined++
				}
			case f.Kind() == protoreflect.StringKind:
				for _, n := range []int{128, 129, 255, 256, 300, 1 << 14} {
					p.ProtoReflect().Set(f, protoreflect.ValueOfString(strings.Repeat("x", n)))
					checkDeclined(t, k, p)
					declined++
				}
			}
			if f.Cardinality() == protoreflect.Required {
				p := proto.Clone(full)
				p.ProtoReflect().Clear(f)
				checkDeclined(t, k, p)
				declined++
			}
		}
	}
	if declined < 40 {
		t.Errorf("only %d messages were declined", declined)
	}
}

func TestMarshalFastAllocatesNothing(t *testing.T) {
	var calls []allocates
	b := new([msg.MarshalFastBytes]byte)
	for _, k := range fastMarshalers(t) {
		p := k.newProto().ProtoReflect()
		for i := range k.fields.Len() {
			setNumber(p, k.fields.Get(i), 77)
		}
		m := k.new().(fastMarshaler)
		setProto(m, p.Interface())
		calls = append(calls, allocates{k.name, func() {
			if m.MarshalFast(b) < 0 {
				t.Fatal("not written")
			}
		}})
	}
	checkNoAllocs(t, calls)
}
