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

// checkParse compares the envelope of a payload with the same fields of the decoded payload.
func checkParse(m *msg.Payload, payload []byte) error {
	decodeErr := m.Decode(payload, nil)
	e, err := envelope.Parse(payload)
	if err != nil {
		if decodeErr == nil {
			return fmt.Errorf("Parse refuses what decodes: %w", err)
		}
		return nil
	}
	if decodeErr != nil {
		// Parse skips bodies, those of session messages included.
		if parseReads(decodeErr) {
			return fmt.Errorf("Parse accepts what does not decode: %w", decodeErr)
		}
		return nil
	}
	eto := m.GetEtoPayload()
	want := [...]any{
		m.HasType(), m.HasEtoPayload(), eto.HasSeq(), eto.HasType(), eto.HasIsReplay(), eto.GetSeq(),
		uint32(eto.GetType()), eto.GetIsReplay(),
	}
	got := [...]any{e.HasType(), e.HasEto(), e.HasSeq(), e.HasEtoType(), e.HasIsReplay(), e.Seq, e.EtoType, e.IsReplay}
	if got != want {
		return fmt.Errorf("Parse says %v, decode says %v", got, want)
	}
	if m.HasType() && e.Type != uint32(m.GetType()) {
		return fmt.Errorf("Parse says type %d, decode says %d", e.Type, m.GetType())
	}
	return nil
}

// parseReads reports whether a decode failed at something that Parse reads too.
func parseReads(err error) bool {
	var e *msg.DecodeError
	if !errors.As(err, &e) {
		return true
	}
	switch e.Message {
	case "smarkets.seto.Payload":
		// Bodies are known to the decoder and have a wire type; to Parse they are fields to skip.
		return e.Field == "" || e.Number <= 2 || !errors.Is(e.Err, msg.ErrWireType)
	case "smarkets.eto.Payload":
		return e.Field == "" || e.Number <= 3 || !errors.Is(e.Err, msg.ErrWireType)
	}
	return false
}

func TestParseAgreesOnVectors(t *testing.T) {
	var m msg.Payload
	for _, v := range readVectors(t) {
		for n := range len(v.Payload) + 1 {
			if err := checkParse(&m, v.Payload[:n:n]); err != nil {
				t.Fatalf("%v\nof %x", err, v.Payload[:n])
			}
		}
	}
}

func TestParseAgreesOnBrokenPayloads(t *testing.T) {
	var m msg.Payload
	typ := oracle.ByName("smarkets.seto.Payload")
	r := rand.New(rand.NewPCG(seed, 1))
	for range 20_000 {
		b, err := oracle.Random(r, typ).MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		b = oracle.Mutate(r, b)
		if err := checkParse(&m, b); err != nil {
			t.Fatalf("%v\nof %x", err, b)
		}
	}
}
