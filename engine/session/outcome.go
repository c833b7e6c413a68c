package session

import "github.com/smk-go/smk/internal/marks"

// requestEvent returns an event of a kind requestEvent a message that was sent.
func (s *Session) requestEvent(kind EventKind, of Request) Event {
	return Event{
		Kind: kind, Epoch: s.epoch, Received: s.clock.now,
		Seq: of.Seq, Type: of.Type, Reference: of.Reference, Request: of,
	}
}

// nextFate makes the next fate of what was sent on the connection that ended the event.
func (s *Session) nextFate() bool {
	e, of, fate := s.fates.next(&s.requests, &s.resender)
	switch {
	case e != nil:
		s.resolve(e, fate, s.fates.cause)
	case fate != 0:
		marks.Hit(marks.UntrackedNotSent)
		s.event = s.requestEvent(SendResolved, of)
		s.event.Fate, s.event.Cause = fate, s.fates.cause
	}
	return fate != 0
}

// nextSuppressed makes the fate of a message that a replay left out the event.
func (s *Session) nextSuppressed() bool {
	if s.requests.suppressed == 0 {
		return false
	}
	s.noteUnanswered()
	s.resolve(s.requests.open.firstSuppressed(), NotDelivered, ErrStale)
	marks.Hit(marks.SuppressedReported)
	return true
}

// reportOverdue makes what Tick found to have waited too long the event: order-entry
// messages without an answer, account messages that stay away.
func (s *Session) reportOverdue() bool {
	if e := s.requests.open.first(); e != nil && e.waited(&s.clock) >= int64(s.config.AnswerTimeout) {
		cause := ErrNoAnswer
		if e.is(flagPending) {
			cause = ErrReplacePending
			marks.Hit(marks.ReplacePendingOverdue)
		} else {
			marks.Hit(marks.AnswerOverdue)
			s.noteUnanswered()
		}
		s.resolve(e, InDoubt, cause)
		return true
	}
	if h, ok := s.account.overdue(s.clock.fair()); ok {
		s.accountHole(AccountGap, h)
		if s.config.ReconnectOnAccountGap {
			s.fail(ErrAccountGap)
			marks.Hit(marks.ReconnectOnHole)
		}
		return s.queue.pop(&s.event)
	}
	s.overdue = false
	return false
}

// noteUnanswered notes that the fate of a message is reported without its answer.
func (s *Session) noteUnanswered() {
	s.checkUnresponsive()
	s.liveness.noteUnanswered(s.clock.fair())
}

// resolve ends the wait for an answer and makes the fate of the message the event.
func (s *Session) resolve(e *entry, fate Fate, cause error) {
	s.event = s.requestEvent(SendResolved, e.request())
	s.event.Fate, s.event.Cause = fate, cause
	if fate == InDoubt {
		if s.requests.doubts.full() {
			marks.Hit(marks.DoubtsFull)
			s.giveUpDoubt(s.requests.doubts.first())
		}
		s.requests.doubt(e)
	}
	s.requests.release(e)
	s.requests.unanswered++
}

// reportCatchUp makes the next thing that the end of catching up shows the event: account
// messages and sends that are given up, and at last CaughtUp.
func (s *Session) reportCatchUp() bool {
	c := &s.catchUp
	if !c.ended {
		return false
	}
	if c.provesLoss() {
		if h, ok := s.account.giveUp(); ok {
			c.incomplete = true
			s.accountHole(AccountLost, h)
			return s.queue.pop(&s.event)
		}
	}
	if e := s.requests.doubts.first(); e != nil && e.is(flagDetached) && !c.resumed {
		c.doubts++
		marks.Hit(marks.DoubtUnresolved)
		s.giveUpDoubt(e)
		return s.queue.pop(&s.event)
	}
	if c.foundNothing() && !s.account.known {
		s.account.empty = true
	}
	cause := c.finish(s.account.open > 0)
	if c.cancelDeferred {
		marks.Hit(marks.CancelUnresolved)
		s.cancelUnresolved()
	}
	s.event = Event{
		Kind: CaughtUp, Epoch: s.epoch, Received: s.clock.now, AccountSequence: s.account.resume,
		Complete: cause == nil, Cause: cause, Resumed: c.resumed,
	}
	return true
}

// giveUpDoubt gives up what is in doubt, and queues an event about it.
func (s *Session) giveUpDoubt(e *entry) {
	event := s.requestEvent(SendUnresolved, e.request())
	event.Fate, event.Cause = InDoubt, ErrUnresolved
	s.queue.push(event)
	s.stats.Unresolved++
	s.requests.forgetDoubt(e)
}

// accountHole queues an event about missing account messages.
func (s *Session) accountHole(kind EventKind, h accountHole) {
	switch kind {
	case AccountGap:
		s.stats.AccountGaps++
	case AccountLost:
		s.stats.AccountLost += h.to - h.from + 1
	}
	s.queue.push(Event{Kind: kind, Epoch: s.epoch, Received: s.clock.now, From: h.from, To: h.to})
}
