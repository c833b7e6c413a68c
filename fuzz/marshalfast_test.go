package fuzz

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// fastTypes returns the messages with a method MarshalFast.
func fastTypes(t testing.TB) (types []oracle.Type) {
	for _, typ := range oracle.Types {
		if _, ok := typ.NewFlat().(envelope.FastMarshaler); ok {
			types = append(types, typ)
		}
	}
	if len(types) == 0 {
		t.Fatal("no message has a method MarshalFast")
	}
	return types
}

// checkMarshalFast compares what MarshalFast writes with google's bytes, and checks that it stays in its
// buffer. It reports whether MarshalFast declined the message.
func checkMarshalFast(typ oracle.Type, m oracle.Flat) (declined bool, err error) {
	const beyond = 32
	b := bytes.Repeat([]byte{0xa5}, msg.MarshalFastBytes+beyond)
	n := m.(envelope.FastMarshaler).MarshalFast((*[msg.MarshalFastBytes]byte)(b))
	if !bytes.Equal(b[msg.MarshalFastBytes:], bytes.Repeat([]byte{0xa5}, beyond)) {
		return false, fmt.Errorf("wrote beyond its buffer: %x", b)
	}
	if n < 0 {
		return true, nil
	}
	// Google's encoder refuses a message without a required field.
	want, err := proto.MarshalOptions{Deterministic: true}.Marshal(typ.ToProto(m))
	if err != nil {
		return false, fmt.Errorf("MarshalFast wrote %x, but %w", b[:n], err)
	}
	if !bytes.Equal(b[:n], want) {
		return false, fmt.Errorf("MarshalFast wrote\n%x, google writes\n%x", b[:n], want)
	}
	return false, nil
}

// TestMarshalFastAgreesWithGoogle encodes random messages.
func TestMarshalFastAgreesWithGoogle(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, typ := range fastTypes(t) {
		written := 0
		for range 3000 {
			m := typ.NewFlat()
			typ.FromProto(m, oracle.Random(r, typ))
			declined, err := checkMarshalFast(typ, m)
			if err != nil {
				t.Fatalf("%s: %v\nof %v", typ.Name, err, m)
			}
			if !declined {
				written++
			}
		}
		if written < 100 {
			t.Errorf("%s: only %d messages were written", typ.Name, written)
		}
	}
}

// FuzzMarshalFast decodes any bytes as a message with a method MarshalFast, the type that the first byte
// selects, and encodes it.
func FuzzMarshalFast(f *testing.F) {
	types := fastTypes(f)
	r := rand.New(rand.NewPCG(9, 10))
	for index, typ := range types {
		for range 20 {
			b, err := oracle.Random(r, typ).MarshalVT()
			if err != nil {
				f.Fatal(err)
			}
			if len(b) < 1000 {
				f.Add(append([]byte{byte(index)}, b...))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		typ := types[int(b[0])%len(types)]
		m := typ.NewFlat()
		if m.Decode(b[1:], nil) != nil {
			return
		}
		if _, err := checkMarshalFast(typ, m); err != nil {
			t.Fatalf("%s: %v\nof %x", typ.Name, err, b[1:])
		}
	})
}
