package session

import (
	"math"
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// Next returns the next event, or nil if there is none until more bytes arrive or
// time passes. It says that the event before was handled. See [Event] for how long
// the event is valid.
//
// An error means that the connection has to end: close the transport and call
// Lost with it. It comes again until then. [PolicyOf] says what should follow.
func (s *Session) Next(now int64) (*Event, error) {
	s.clock(now)
	s.ackLast()
	s.resting = false
	for {
		if s.hasPendingWork() {
			if event, err, told := s.nextPending(); told {
				s.more = false
				return event, err
			}
		}
		payload, err := s.buffer.Next()
		if payload == nil {
			if err == nil {
				return s.idle(), nil
			}
			s.violation(0, err)
			continue
		}
		if event := s.receive(payload); event != nil {
			return event, nil
		}
		if s.quiet++; s.quiet >= s.nextMax {
			s.quiet, s.more = 0, true
			return nil, nil
		}
	}
}

// SetNextMax is for a driver that has other things to do as well: Next then returns nil
// after so many messages that are no events, those of earlier calls counted too, or after
// each if there is a tap, and More reports that it is no reason to wait.
func (s *Session) SetNextMax(messages int) {
	s.nextMost = messages
	s.boundNext()
}

func (s *Session) boundNext() {
	s.nextMax = s.nextMost
	if s.config.Tap != nil && s.nextMost != math.MaxInt {
		s.nextMax = 1
	}
}

// More reports whether Next returned nil although it has more to do, after [SetNextMax].
func (s *Session) More() bool { return s.more }

// idle is Next once everything that was received has been returned: what Tick judged to be
// overdue is reported now, or there is nothing.
func (s *Session) idle() *Event {
	s.drained, s.resting, s.more = true, true, false
	if s.overdue && s.reportOverdue() {
		s.resting = false
		return &s.event
	}
	return nil
}

// hasPendingWork reports whether there can be anything to do before the next payload is
// looked at: all that tell does. On a quiet connection there is not, and this is
// what a message pays for all that is rare.
func (s *Session) hasPendingWork() bool {
	return s.queue.n > 0 || s.err != nil || !s.state.LoggedIn() || s.withheld > 0 || s.catchUp.ended
}

// nextPending does what comes before the next payload: events that wait, the end of the
// connection, fates. It reports whether event and err are for Next to
// return.
func (s *Session) nextPending() (event *Event, err error, told bool) {
	switch {
	case s.closed:
		return nil, ErrClosed, true
	case s.queue.pop(&s.event):
		s.handling = s.event.Kind == Message
		return &s.event, nil, true
	case s.state == Disconnected || s.state == Connecting:
		if s.nextFate() {
			return &s.event, nil, true
		}
		return nil, nil, true
	case s.err != nil:
		return nil, s.err, true
	}
	if s.nextSuppressed() || s.reportCatchUp() {
		return &s.event, nil, true
	}
	return nil, nil, false
}

// ackLast counts the message of the last event: it has been handled.
func (s *Session) ackLast() {
	if s.handling {
		s.handling = false
		if s.in++; s.gap.open {
			s.filled()
		}
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

// receive takes one payload and returns the event that it is, if it is one.
//
// Nearly every payload is an application message in its sequence, and has to be
// decoded. So it is decoded at once, and its envelope is read from what was
// decoded. Whatever turns out to be anything else, or cannot be decoded, is looked
// at again from the start, envelope first: a duplicate may have any body, and an
// early message is not worth decoding. Both ways agree, for of everything that can
// be decoded envelope.Parse reads the same envelope.
func (s *Session) receive(payload []byte) *Event {
	s.arrived++
	s.stats.MessagesIn++
	s.lastFrame = s.fair()
	if s.config.Tap != nil {
		s.config.Tap(s.now, slices.Clip(payload))
	}
	if s.state.LoggedIn() && s.in <= sequenceMax && !s.carefully {
		unknown := s.unknown
		if s.payload.Decode(payload, &s.unknown) == nil {
			eto, typ := s.payload.GetEtoPayload(), s.payload.GetType()
			if eto.GetSeq() == s.in && isApplication(uint32(typ)) {
				return s.application(payload, typ, eto.GetIsReplay())
			}
		}
		s.unknown = unknown // as if it had not been decoded
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
	switch {
	case s.state == LoginSent:
		s.beforeLogin(env, payload)
		return nil
	case env.Seq < s.in:
		s.stats.Duplicates++
		return nil
	case env.Seq > s.in:
		s.ahead(env, payload)
		return nil
	case s.in > sequenceMax:
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

// decode decodes a payload that counts.
func (s *Session) decode(env envelope.Envelope, payload []byte) bool {
	if err := s.payload.Decode(payload, &s.unknown); err != nil {
		s.violation(env.Seq, err)
		return false
	}
	return true
}

// decoded is the event of a payload that was decoded.
func (s *Session) decoded(kind EventKind, env envelope.Envelope, payload []byte) Event {
	e := Event{Kind: kind, Epoch: s.epoch, Received: s.now, Seq: env.Seq, Payload: &s.payload, Raw: slices.Clip(payload)}
	if env.IsReplay {
		e.Origin = Replayed
	}
	return e
}

// application is an application message in its sequence, decoded.
func (s *Session) application(payload []byte, typ msg.PayloadType, replay bool) *Event {
	e := &s.message
	e.Kind, e.Origin, e.Epoch, e.Received = Message, Live, s.epoch, s.now
	e.Seq, e.AccountSequence = s.in, 0
	e.Payload, e.Raw = &s.payload, slices.Clip(payload)
	if replay {
		e.Origin = Replayed
		s.stats.Replayed++
	}
	switch concernOf(typ) {
	case market:
	case orders:
		if !s.applyReportFast(e, typ) && !s.applyReport(e, typ) {
			return nil
		}
	case limits:
		l := s.payload.GetThrottleLimitsChanged()
		s.throttle.change(s.now, l.GetAverageRatePs(), l.GetBurstSize(), l.GetTickMs())
	case nameless:
		s.stats.UnknownTypes++
	}
	s.handling = true
	return e
}

// applyReportFast is orderNews, in short, for most of what comes about orders while all goes
// well: an execution or an acceptance whose account sequence is the one expected. It
// reports false, and has done nothing, for anything else.
func (s *Session) applyReportFast(e *Event, typ msg.PayloadType) bool {
	var number, mark uint64
	switch typ {
	case msg.PayloadOrderExecuted:
		m := s.payload.GetOrderExecuted()
		if number = m.GetAccountSequence_64(); number != s.account.expect || number == 0 {
			return false
		}
		mark = markOf(typ, m.GetOrderId(), m.GetQuantity(), m.GetTotalExecutedQuantity())
	case msg.PayloadOrderAccepted:
		m := s.payload.GetOrderAccepted()
		reference := m.GetReference()
		if number = m.GetAccountSequence_64(); number != s.account.expect || number == 0 || reference == 0 {
			return false
		}
		if !s.accepted(m, reference) {
			return false
		}
		mark = markOf(typ, m.GetOrderId(), reference, 0)
	default:
		return false
	}
	s.account.next(mark)
	e.AccountSequence = number
	return true
}

// applyReport takes a message about orders, and reports whether it is to be handed out
// at once.
func (s *Session) applyReport(e *Event, typ msg.PayloadType) bool {
	number, reference, kind, key, throttled, mark := reportKeys(&s.payload, typ, s.account.high)
	m := s.match(e, typ, kind, key, reference, number)
	if number != 0 {
		// Of an answer to what nothing has answered it is known that it is not repeated.
		answers := number <= s.account.high && m.fresh(typ)
		if !s.numbered(e, number, mark, answers) {
			s.stats.AccountDuplicates++
			s.advance()
			return false
		}
	}
	s.answered(m, typ)
	if throttled && (s.open.n > 0 || !s.throttle.off) {
		s.stats.ThrottleRejected++
		s.throttle.rejected(s.now)
	}
	if s.queue.n > 0 {
		s.queue.push(*e)
		return false
	}
	return true
}

// numbered takes the account sequence of a message, and reports false if it was received
// before. What is to be reported before the message is queued.
func (s *Session) numbered(e *Event, number, mark uint64, answers bool) bool {
	l := &s.account
	if s.catchUp.asked && s.catchUp.pending && number <= s.catchUp.from {
		s.catchUp.repeated = true
	}
	high, holes := l.high, len(l.holes)
	v, dropped, filled := l.receive(s.fair(), number, mark, s.repeats(e.Origin, number), answers)
	if dropped.from != 0 {
		s.accountHole(AccountLost, dropped)
	}
	if filled.from != 0 {
		s.accountHole(AccountRecovered, filled)
	}
	switch v {
	case accountDuplicate:
		return false
	case accountReset:
		s.stats.AccountResets++
		s.queue.push(Event{Kind: AccountReset, Epoch: s.epoch, Received: s.now, From: high, To: number})
	case accountNew:
		if e.Origin == Replayed && len(l.holes) > holes {
			l.replayed()
		}
	}
	e.AccountSequence = number
	return true
}

// ahead is a message that comes too early: others are missing before it.
func (s *Session) ahead(env envelope.Envelope, payload []byte) {
	if env.Seq-s.in > GapMax {
		s.violation(env.Seq, ErrGapTooLarge)
		return
	}
	switch {
	case env.EtoType == envelope.EtoReplay:
		// First the peer's wish, so that two peers who ask each other do not wait
		// for each other.
		if !s.decode(env, payload) {
			return
		}
		s.serve(s.payload.GetEtoPayload().GetReplay())
	case env.EtoType == envelope.EtoLogout && !env.IsReplay:
		s.loggedOut(env, payload)
		return
	}
	s.stats.Discarded++
	s.miss(env.Seq)
}

// sessionMessage is a session message in its sequence.
func (s *Session) sessionMessage(env envelope.Envelope, payload []byte) bool {
	switch env.EtoType {
	case envelope.EtoHeartbeat:
		s.advance()
		s.heartbeat(env)
		return false
	case envelope.EtoGapfill:
		s.stats.GapfillsIn++
		s.advance()
		return false
	case envelope.EtoPing:
		s.advance()
		s.pong()
		return false
	case envelope.EtoPong:
		s.advance()
		return s.ponged(env)
	case envelope.EtoReplay:
		if !s.decode(env, payload) {
			return false
		}
		s.advance()
		s.serve(s.payload.GetEtoPayload().GetReplay())
		return false
	case envelope.EtoLogout:
		if !env.IsReplay {
			s.loggedOut(env, payload)
			return false
		}
		s.stats.Ignored++ // the end of an earlier connection
		s.advance()
		return false
	case envelope.EtoLoginResponse:
		s.stats.Ignored++ // only a login is answered
		s.advance()
		return false
	case envelope.EtoThrottleExceeded:
		s.throttleExceeded(env)
		s.advance()
		return false
	}
	if !s.decode(env, payload) {
		return false
	}
	s.stats.UnknownTypes++
	s.advance()
	s.event = s.decoded(Unknown, env, payload)
	return true
}
