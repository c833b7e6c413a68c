package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// Next returns the next event, or nil if there is none until more bytes arrive or
// time passes. It says that the event before was handled. See [Event] for how long
// the event is valid.
//
// An error means that the connection has to end: close the transport and call
// Lost with it. It comes again until then. [PolicyOf] says what should follow.
func (s *Session) Next(now int64) (*Event, error) {
	if s.closed {
		return nil, ErrClosed
	}
	s.clock(now)
	s.settle()
	for {
		if s.queue.pop(&s.event) {
			s.handling = s.event.Kind == Message
			return &s.event, nil
		}
		if s.state == Disconnected || s.state == Connecting {
			if s.tellLost() {
				return &s.event, nil
			}
			return nil, nil
		}
		if s.err != nil {
			return nil, s.err
		}
		if s.owing() {
			s.payDebts()
		}
		if s.tellWithheld() || s.tellExpired() {
			return &s.event, nil
		}
		payload, err := s.buffer.Next()
		if err != nil {
			s.violation(0, err)
			continue
		}
		if payload == nil {
			return nil, nil
		}
		if s.receive(payload) {
			return &s.event, nil
		}
	}
}

// settle counts the message of the last event: it has been handled.
func (s *Session) settle() {
	if s.handling {
		s.handling = false
		s.account.settle()
		s.advance()
	}
}

// advance counts message in as done.
func (s *Session) advance() {
	s.in++
	if s.gap.open {
		s.filled()
	}
}

// violation makes a breach of the protocol the reason to end the connection.
func (s *Session) violation(seq uint64, err error) {
	s.fail(&ProtocolError{Seq: seq, Expected: s.in, Message: s.arrived, Err: err})
}

// receive takes one payload and reports whether it is an event.
func (s *Session) receive(payload []byte) bool {
	s.arrived++
	s.stats.MessagesIn++
	s.lastFrame = s.now
	if s.config.Tap != nil {
		s.config.Tap(s.now, payload)
	}
	env, err := wire.Peek(payload)
	if err == nil && !env.HasSeq() {
		err = ErrNoSequence
	}
	if err != nil {
		s.violation(0, err)
		return false
	}
	// The login is the one message with types on both levels, and the
	// exchange's to read. An absent type is the session's.
	application := env.Type > uint32(msg.PayloadLogin)
	if application {
		env.EtoType = wire.EtoNone
	}
	switch {
	case s.state == LoginSent:
		s.beforeLogin(env, payload)
		return false
	case env.Seq < s.in:
		s.stats.Duplicates++
		return false
	case env.Seq > s.in:
		s.ahead(env, payload)
		return false
	case s.in > sequenceMax:
		s.fail(ErrSequenceSpent)
		return false
	case application:
		return s.application(env, payload)
	}
	return s.sessionMessage(env, payload)
}

// decode decodes a payload that counts.
func (s *Session) decode(env wire.Envelope, payload []byte) bool {
	if err := s.payload.Decode(payload, &s.unknown); err != nil {
		s.violation(env.Seq, err)
		return false
	}
	return true
}

// message is the event of a payload that was decoded.
func (s *Session) message(kind EventKind, env wire.Envelope, payload []byte) Event {
	e := Event{Kind: kind, Epoch: s.epoch, Received: s.now, Seq: env.Seq, Payload: &s.payload, Raw: payload}
	if env.IsReplay {
		e.Origin = Replayed
	}
	return e
}

// application is an application message in its sequence.
func (s *Session) application(env wire.Envelope, payload []byte) bool {
	if !s.decode(env, payload) {
		return false
	}
	if env.IsReplay {
		s.stats.Replayed++
	}
	number, order := accountSequence(&s.payload, s.account.last)
	hole := false
	if number != 0 {
		hole = s.account.first && number > s.account.last+1
		s.account.first = false
		if number <= s.account.last {
			s.stats.AccountDuplicates++
			s.advance()
			return false
		}
		s.account.current = number
	}
	switch typ := s.payload.GetType(); {
	case order:
		s.answered(env)
	case !typ.Known():
		s.stats.UnknownTypes++
	case typ == msg.PayloadThrottleLimitsChanged:
		limits := s.payload.GetThrottleLimitsChanged()
		s.throttle.change(s.now, limits.GetAverageRatePs(), limits.GetBurstSize(), limits.GetTickMs())
	}
	if hole {
		s.stats.AccountGaps++
		s.queue.push(Event{
			Kind: AccountGap, Epoch: s.epoch, Received: s.now,
			From: s.account.last + 1, To: number - 1,
		})
		e := s.message(Message, env, payload)
		e.AccountSequence = number
		s.queue.push(e)
		return false
	}
	s.event = s.message(Message, env, payload)
	s.event.AccountSequence = number
	s.handling = true
	return true
}

// ahead is a message that comes too early: others are missing before it.
func (s *Session) ahead(env wire.Envelope, payload []byte) {
	if env.Seq-s.in > GapMax {
		s.violation(env.Seq, ErrGapTooLarge)
		return
	}
	switch {
	case env.EtoType == wire.EtoReplay:
		// First the peer's wish, so that two peers who ask each other do not wait
		// for each other.
		if !s.decode(env, payload) {
			return
		}
		s.serve(s.payload.GetEtoPayload().GetReplay())
	case env.EtoType == wire.EtoLogout && !env.IsReplay:
		s.loggedOut(env, payload)
		return
	}
	s.stats.Discarded++
	s.miss(env.Seq)
}

// sessionMessage is a session message in its sequence.
func (s *Session) sessionMessage(env wire.Envelope, payload []byte) bool {
	switch env.EtoType {
	case wire.EtoHeartbeat:
		s.advance()
		s.heartbeat(env)
		return false
	case wire.EtoGapfill:
		s.stats.GapfillsIn++
		s.advance()
		return false
	case wire.EtoPing:
		s.advance()
		s.pong()
		return false
	case wire.EtoPong:
		s.advance()
		s.ponged(env)
		return true
	case wire.EtoReplay:
		if !s.decode(env, payload) {
			return false
		}
		s.advance()
		s.serve(s.payload.GetEtoPayload().GetReplay())
		return false
	case wire.EtoLogout:
		if !env.IsReplay {
			s.loggedOut(env, payload)
			return false
		}
		s.stats.Ignored++ // the end of an earlier connection
		s.advance()
		return false
	case wire.EtoLoginResponse:
		s.stats.Ignored++ // only a login is answered
		s.advance()
		return false
	case wire.EtoThrottleExceeded:
		s.throttleExceeded(env)
		s.advance()
		return false
	}
	if !s.decode(env, payload) {
		return false
	}
	s.stats.UnknownTypes++
	s.advance()
	s.event = s.message(Unknown, env, payload)
	return true
}
