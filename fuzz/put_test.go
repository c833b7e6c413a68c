package fuzz

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// putting are the messages that write themselves forwards.
func putting(t testing.TB) (types []oracle.Type) {
	for _, typ := range oracle.Types {
		if _, ok := typ.NewFlat().(wire.Putter); ok {
			types = append(types, typ)
		}
	}
	if len(types) == 0 {
		t.Fatal("no message writes itself forwards")
	}
	return types
}

// checkPut writes m forwards, and holds it to google's bytes and to its room. It reports whether Put
// left the message to the other encoder.
func checkPut(typ oracle.Type, m oracle.Flat) (left bool, err error) {
	const beyond = 32
	b := bytes.Repeat([]byte{0xa5}, msg.PutBytes+beyond)
	n := m.(wire.Putter).Put((*[msg.PutBytes]byte)(b))
	if !bytes.Equal(b[msg.PutBytes:], bytes.Repeat([]byte{0xa5}, beyond)) {
		return false, fmt.Errorf("wrote beyond its room: %x", b)
	}
	if n < 0 {
		return true, nil
	}
	// The bytes of google's encoder, which refuses what lacks a required field.
	want, err := proto.MarshalOptions{Deterministic: true}.Marshal(typ.ToProto(m))
	if err != nil {
		return false, fmt.Errorf("written forwards as %x, but %w", b[:n], err)
	}
	if !bytes.Equal(b[:n], want) {
		return false, fmt.Errorf("written forwards as\n%x, by google as\n%x", b[:n], want)
	}
	return false, nil
}

// TestPutAgreesWithGoogle writes random messages forwards.
func TestPutAgreesWithGoogle(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, typ := range putting(t) {
		written := 0
		for range 3000 {
			m := typ.NewFlat()
			typ.FromProto(m, oracle.Random(r, typ))
			left, err := checkPut(typ, m)
			if err != nil {
				t.Fatalf("%s: %v\nof %v", typ.Name, err, m)
			}
			if !left {
				written++
			}
		}
		if written < 100 {
			t.Errorf("%s: only %d messages were written", typ.Name, written)
		}
	}
}

// FuzzPut decodes any bytes as a message that can write itself forwards, the one that the first byte
// chooses, and lets it.
func FuzzPut(f *testing.F) {
	types := putting(f)
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
		if _, err := checkPut(typ, m); err != nil {
			t.Fatalf("%s: %v\nof %x", typ.Name, err, b[1:])
		}
	})
}
