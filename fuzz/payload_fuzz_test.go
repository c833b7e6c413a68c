package fuzz

import (
	"testing"

	"github.com/smk-go/smk/fuzz/internal/oracle"
)

// FuzzPayload gives any bytes as a payload to all decoders. The value that decodes them has decoded
// other bytes before.
func FuzzPayload(f *testing.F) {
	vectors := readVectors(f)
	for i, v := range vectors {
		f.Add([]byte(vectors[(i*7+11)%len(vectors)].Payload), []byte(v.Payload))
	}
	// Types and bodies out of order, foreign, malformed and twice.
	f.Add([]byte{}, []byte{0xb2, 0x02, 2, 0x08, 1, 0x08, 37})
	f.Add([]byte{}, []byte{0x08, 37, 0xb2, 0x02, 2, 0x0a, 0, 0x08, 1})
	f.Add([]byte{}, []byte{0x08, 29, 0xb2, 0x02, 1, 0xff, 0xf2, 0x01, 0, 0x08, 37, 0x08, 29})
	f.Add([]byte{}, []byte{0x08, 22, 0xba, 0x01, 1, 0xff, 0xa3, 0x06, 0x08, 1, 0xa4, 0x06})
	typ := oracle.ByName("smarkets.seto.Payload")
	f.Fuzz(func(t *testing.T, before, b []byte) {
		var c oracle.Checker
		c.Soil(typ, before)
		if err := c.Check(typ, b); err != nil {
			t.Fatalf("%v\nof %x", err, b)
		}
	})
}

// FuzzMessages gives any bytes to the decoders of the message that the first byte chooses.
func FuzzMessages(f *testing.F) {
	eachMessage(f, func(index int, b []byte) {
		f.Add(append([]byte{byte(index)}, b...))
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		typ := oracle.Types[int(b[0])%len(oracle.Types)]
		var c oracle.Checker
		if err := c.Check(typ, b[1:]); err != nil {
			t.Fatalf("%s: %v\nof %x", typ.Name, err, b[1:])
		}
	})
}

// FuzzRoundTrip follows what is decoded through the encoders and back. What comes out of them is
// decoded as the same message, encoded as the same bytes, and holds nothing unknown.
func FuzzRoundTrip(f *testing.F) {
	eachMessage(f, func(index int, b []byte) {
		f.Add(append([]byte{byte(index)}, b...))
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		typ := oracle.Types[int(b[0])%len(oracle.Types)]
		if err := oracle.CheckRoundTrip(typ, b[1:]); err != nil {
			t.Fatalf("%s: %v\nof %x", typ.Name, err, b[1:])
		}
	})
}
