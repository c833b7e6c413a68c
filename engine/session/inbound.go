package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
)

// receive takes one payload and returns the event that it is, if it is one.
//
// Nearly every payload is an application message in its sequence, and has to be decoded. So it is decoded
// before its envelope is read, which is then read from what was decoded. Whatever turns out to be anything
// else, or cannot be decoded, is examined from the start, envelope first: a duplicate may have any body, and
// an early message is not worth decoding. Both agree, for of everything that can be decoded envelope.Parse reads
// the same envelope.
func (s *Session) receive(payload []byte) *Event {
	s.arrived++
	s.stats.MessagesIn++
	s.liveness.lastFrame = s.clock.fair()
	if s.state.LoggedIn() && !s.sequence.spent() {
		unknown := s.unknown
		if s.payload.Decode(payload, &s.unknown) == nil {
			eto, typ := s.payload.GetEtoPayload(), s.payload.GetType()
			if eto.GetSeq() == s.sequence.next && isApplication(uint32(typ)) {
				if s.outbox.watched && (s.outbox.tap.f != nil || s.mayHideLogin(eto, unknown.Fields)) {
					s.watch(payload)
				}
				return s.application(payload, typ, eto.GetIsReplay())
			}
		}
		s.unknown = unknown // as if it had not been decoded
	}
	if s.outbox.watched {
		s.watch(payload)
	}
	return s.examine(payload)
}

// isApplication reports whether a type is one of the application layer. The login is
// the one message with types on both levels, and the exchange's to read. An absent
// type is the session's.
func isApplication(typ uint32) bool { return typ > uint32(msg.PayloadLogin) }

// examine takes a payload by its envelope.
func (s *Session) examine(payload []byte) *Event {
	env, err := envelope.Parse(payload)
	if err == nil && !env.HasSeq() {
		err = ErrNoSequence
	}
	if err != nil {
		s.violation(0, err)
		return nil
	}
	application := isApplication(env.Type)
	if application {
		env.EtoType = envelope.EtoNone
	}
	if s.state == LoginSent {
		s.beforeLogin(env, payload)
		return nil
	}
	switch position := s.sequence.position(env.Seq); {
	case position == duplicate:
		marks.Hit(marks.DuplicateDropped)
		s.stats.Duplicates++
		return nil
	case position != inOrder:
		s.receiveEarly(env, payload)
		return nil
	case s.sequence.spent():
		s.fail(ErrSequenceSpent)
		return nil
	case application:
		if !s.decode(env, payload) {
			return nil
		}
		return s.application(payload, s.payload.GetType(), s.payload.GetEtoPayload().GetIsReplay())
	}
	if s.sessionMessage(env, payload) {
		return &s.event
	}
	return nil
}
