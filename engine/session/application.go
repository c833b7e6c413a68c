package session

import (
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// application is an application message in its sequence, decoded.
func (s *Session) application(payload []byte, typ msg.PayloadType, replay bool) *Event {
	e := &s.message
	e.Kind, e.Origin, e.Epoch, e.Received = Message, Live, s.epoch, s.clock.now
	e.Seq, e.AccountSequence, e.Request = s.sequence.next, 0, Request{}
	e.Payload, e.Raw = &s.payload, slices.Clip(payload)
	if replay {
		e.Origin = Replayed
		s.stats.Replayed++
	}
	switch inboundClassOf(typ) {
	case marketData:
	case orderReport:
		if !s.applyReportFast(e, typ) && !s.applyReport(e, typ) {
			return nil
		}
	case throttleLimits:
		l := s.payload.GetThrottleLimitsChanged()
		s.throttle.change(s.clock.now, l.GetAverageRatePs(), l.GetBurstSize(), l.GetTickMs())
	case unknownType:
		s.stats.UnknownTypes++
		marks.Hit(marks.UnknownType)
	}
	s.sequence.delivered = true
	return e
}

// applyReportFast is applyReport for executions and acceptances whose account sequence is the one expected,
// which are most of what comes about orders while all goes well. It reports false, and has done nothing, for
// anything else.
func (s *Session) applyReportFast(e *Event, typ msg.PayloadType) bool {
	var number, mark uint64
	switch typ {
	case msg.PayloadOrderExecuted:
		m := s.payload.GetOrderExecuted()
		if number = m.GetAccountSequence_64(); number != s.account.expected || number == 0 {
			return false
		}
		mark = markOf(typ, m.GetOrderId(), m.GetQuantity(), m.GetTotalExecutedQuantity())
	case msg.PayloadOrderAccepted:
		m := s.payload.GetOrderAccepted()
		reference := m.GetReference()
		if number = m.GetAccountSequence_64(); number != s.account.expected || number == 0 || reference == 0 {
			return false
		}
		if !s.requests.matchAccepted(m, reference, &e.Request) {
			return false
		}
		if e.Request.Seq != 0 {
			s.liveness.answered()
		}
		mark = markOf(typ, m.GetOrderId(), reference, 0)
	default:
		return false
	}
	s.account.next(mark)
	e.AccountSequence = number
	return true
}

// applyReport takes a message about orders, and reports whether it is to be returned at once.
func (s *Session) applyReport(e *Event, typ msg.PayloadType) bool {
	number, reference, kind, key, throttled, mark := reportKeys(&s.payload, typ, s.account.high)
	m := s.requests.match(&s.payload, typ, kind, key, reference, e.Origin, s.catchUp.repeats(e.Origin, number))
	if number != 0 {
		// Of an answer to what nothing has answered it is known that it is not repeated.
		answers := number <= s.account.high && m.fresh(typ)
		if !s.applyAccountSequence(e, number, mark, answers) {
			s.stats.AccountDuplicates++
			marks.Hit(marks.AccountDuplicate)
			s.advance()
			return false
		}
	}
	s.applyAnswer(e, m, typ)
	if throttled && (s.requests.open.n > 0 || !s.throttle.off) {
		s.stats.ThrottleRejected++
		marks.Hit(marks.ThrottleRejected)
		s.throttle.rejected(s.clock.now)
	}
	if s.queue.n > 0 {
		s.queue.push(*e)
		return false
	}
	return true
}

// applyAnswer links a message to the request that it answers, or queues a report that it contradicts the request
// that it names.
func (s *Session) applyAnswer(e *Event, m matched, typ msg.PayloadType) {
	switch {
	case m.request != nil:
		e.Request = m.request.request()
		s.liveness.answered()
		s.requests.answer(m, typ)
	case m.misfit != nil:
		s.stats.AnswerMismatches++
		marks.Hit(marks.AnswerMismatch)
		s.queue.push(s.requestEvent(AnswerMismatch, m.misfit.request()))
	}
}

// applyAccountSequence takes the account sequence of a message, and reports false if it was received before. What is to
// be reported before the message is queued.
func (s *Session) applyAccountSequence(e *Event, number, mark uint64, answers bool) bool {
	l := &s.account
	s.catchUp.received(number)
	high, holes := l.high, len(l.holes)
	v, dropped, filled := l.receive(s.clock.fair(), number, mark, s.catchUp.repeats(e.Origin, number), answers)
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
		marks.Hit(marks.AccountReset)
		s.queue.push(Event{Kind: AccountReset, Epoch: s.epoch, Received: s.clock.now, From: high, To: number})
	case accountNew:
		if e.Origin == Replayed && len(l.holes) > holes {
			l.replayed()
			marks.Hit(marks.AccountHoleInReplay)
		}
	}
	e.AccountSequence = number
	return true
}
