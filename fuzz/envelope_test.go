package fuzz

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// checkPeek compares what envelope.Parse says of a payload to what decoding all of it says.
func checkPeek(m *msg.Payload, payload []byte) error {
	decodeErr := m.Decode(payload, nil)
	e, err := envelope.Parse(payload)
	if err != nil {
		if decodeErr == nil {
			return fmt.Errorf("peek refuses what decodes: %w", err)
		}
		return nil
	}
	if decodeErr != nil {
		// Peek passes over bodies unread, and over the bodies of session messages.
		if peekReads(decodeErr) {
			return fmt.Errorf("peek accepts what does not decode: %w", decodeErr)
		}
		return nil
	}
	eto := m.GetEtoPayload()
	want := [...]any{m.HasType(), m.HasEtoPayload(), eto.HasSeq(), eto.HasType(), eto.HasIsReplay(), eto.GetSeq(), uint32(eto.GetType()), eto.GetIsReplay()}
	got := [...]any{e.HasType(), e.HasEto(), e.HasSeq(), e.HasEtoType(), e.HasIsReplay(), e.Seq, e.EtoType, e.IsReplay}
	if got != want {
		return fmt.Errorf("peek says %v, decode says %v", got, want)
	}
	if m.HasType() && e.Type != uint32(m.GetType()) {
		return fmt.Errorf("peek says type %d, decode says %d", e.Type, m.GetType())
	}
	return nil
}

// peekReads reports whether a decode failed at something that Peek reads too.
func peekReads(err error) bool {
	var e *msg.DecodeError
	if !errors.As(err, &e) {
		return true
	}
	switch e.Message {
	case "smarkets.seto.Payload":
		// Bodies are known to the decoder and have a wire type; to Peek they are fields to skip.
		return e.Field == "" || e.Number <= 2 || !errors.Is(e.Err, msg.ErrWireType)
	case "smarkets.eto.Payload":
		return e.Field == "" || e.Number <= 3 || !errors.Is(e.Err, msg.ErrWireType)
	}
	return false
}

func TestPeekAgreesOnVectors(t *testing.T) {
	var m msg.Payload
	for _, v := range readVectors(t) {
		for n := range len(v.Payload) + 1 {
			if err := checkPeek(&m, v.Payload[:n:n]); err != nil {
				t.Fatalf("%v\nof %x", err, v.Payload[:n])
			}
		}
	}
}

func TestPeekAgreesOnBrokenPayloads(t *testing.T) {
	var m msg.Payload
	typ := oracle.ByName("smarkets.seto.Payload")
	r := rand.New(rand.NewPCG(seed, 1))
	for range 20_000 {
		b, err := oracle.Random(r, typ).MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		b = oracle.Mutate(r, b)
		if err := checkPeek(&m, b); err != nil {
			t.Fatalf("%v\nof %x", err, b)
		}
	}
}
