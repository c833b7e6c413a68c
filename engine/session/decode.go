package session

import (
	"slices"

	"github.com/smk-go/smk/internal/envelope"
)

// decode decodes a payload into s.payload, and ends the connection if that fails.
func (s *Session) decode(env envelope.Envelope, payload []byte) bool {
	if err := s.payload.Decode(payload, &s.unknown); err != nil {
		s.violation(env.Seq, err)
		return false
	}
	return true
}

// decoded returns an event with the payload that was decoded.
func (s *Session) decoded(kind EventKind, env envelope.Envelope, payload []byte) Event {
	e := Event{
		Kind: kind, Epoch: s.epoch, Received: s.clock.now,
		Seq: env.Seq, Payload: &s.payload, Raw: slices.Clip(payload),
	}
	if env.IsReplay {
		e.Origin = Replayed
	}
	return e
}
