package session

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
)

// Why [CaughtUp] is not complete.
var (
	// ErrNotResumed means that the login asked for nothing, so that what happened on
	// the account before it is not known: a first run, or ResumeNone.
	ErrNotResumed = errors.New("session: the login resumed from nothing")
	// ErrHistory means that the exchange did not repeat the account message that the
	// login resumed from, so that it may not have what followed that either.
	ErrHistory = errors.New("session: the exchange did not repeat the last account message")
	// ErrAccountHoles means that account messages are missing.
	ErrAccountHoles = errors.New("session: account messages are missing")
	// ErrUnsettled means that the exchange repeated the account's messages and none of
	// them settles what is in doubt. It is also the cause of SendUnsettled.
	ErrUnsettled = errors.New("session: the exchange's account messages do not settle what is in doubt")
	// ErrNoPong means that the ping behind the login was not answered in time.
	ErrNoPong = errors.New("session: no answer to the ping behind the login")
)

// catchUp is the time between a login and the end of what the exchange repeats after it.
// A ping behind the login marks that end: its pong comes after everything that the
// exchange sent for the login. A login that asked for nothing, or that resumed the
// session, needs no ping.
type catchUp struct {
	pending  bool // CaughtUp was not returned yet
	waiting  bool // for the pong, or for the gap of a session that was resumed
	owed     bool // the ping found no room
	asked    bool // the login asked for what followed from
	repeated bool // a number not above from came
	ended    bool // the exchange has repeated what it has: Next reports what is still missing
	cancel   bool // something is unsettled, and all orders are to be cancelled for it
	lacking  bool // something was given up
	pong     bool // the ping was answered

	from     uint64
	ping     uint64 // sequence of the ping, 0 if there is none
	deadline int64  // fair reading
	doubts   int    // unsettled sends that were reported
}

// beginCatchUp follows the answer to the login.
func (s *Session) beginCatchUp() {
	c := &s.catchUp
	c.deadline = s.fair() + int64(s.config.AnswerTimeout)
	switch {
	case s.resuming:
		c.waiting = s.gap.open
	case c.asked:
		c.waiting = true
		s.sendBarrier()
	}
	c.ended = !c.waiting
}

// sendBarrier sends the ping that marks the end of what the login asked for.
func (s *Session) sendBarrier() {
	seq, err := s.Ping(s.now)
	if s.catchUp.owed = err != nil; err == nil {
		s.catchUp.ping = seq
	}
}

// passBarrier ends the wait. What is missing now does not come any more.
func (s *Session) passBarrier() {
	s.catchUp.waiting, s.catchUp.owed, s.catchUp.ended = false, false, true
}

// reportCatchUp makes the next thing that the end of catching up shows the event: account
// messages and sends that are given up, and at last CaughtUp.
func (s *Session) reportCatchUp() bool {
	c := &s.catchUp
	if !c.ended {
		return false
	}
	if c.asked && c.pong {
		if h, ok := s.account.giveUp(); ok {
			c.lacking = true
			s.accountHole(AccountLost, h)
			return s.queue.pop(&s.event)
		}
	}
	if !s.resuming {
		if e := s.doubts.first(); e != nil && e.withheld {
			c.doubts++
			s.unsettled(e)
			return s.queue.pop(&s.event)
		}
	}
	c.ended, c.pending, s.held = false, false, false
	cause := s.incomplete()
	if c.cancel = c.doubts > 0 && s.config.CancelUnsettled; c.cancel {
		s.cancelUnsettled()
	}
	s.event = Event{
		Kind: CaughtUp, Epoch: s.epoch, Received: s.now, AccountSequence: s.account.resume,
		Complete: cause == nil, Cause: cause, Resumed: s.resuming,
	}
	return true
}

// incomplete returns why the account's messages are not known to be complete, or nil.
func (s *Session) incomplete() error {
	c := &s.catchUp
	switch {
	case !s.resuming && !c.asked:
		return ErrNotResumed
	case c.asked && !c.pong:
		return ErrNoPong
	case c.asked && !c.repeated:
		return ErrHistory
	case c.lacking || s.account.open > 0:
		return ErrAccountHoles
	case c.doubts > 0:
		return ErrUnsettled
	}
	return nil
}

// unsettled gives up what is in doubt.
func (s *Session) unsettled(e *entry) {
	s.queue.push(Event{
		Kind: SendUnsettled, Epoch: s.epoch, Received: s.now, Fate: InDoubt, Cause: ErrUnsettled,
		Seq: e.seq, Type: e.payloadType(), Reference: e.reference(),
	})
	s.stats.Unsettled++
	s.doubts.remove(e, s.doubts.link(e))
}

// cancelUnsettled asks the exchange to cancel all orders, now or when there is room.
func (s *Session) cancelUnsettled() {
	var all msg.OrderCancelAll
	_, err := s.send(s.now, msg.PayloadOrderCancelAll, &all)
	s.catchUp.cancel = err != nil
}

// doubt remembers a send whose fate was reported as in doubt: an answer may still come, or
// be repeated after the next login.
func (s *Session) doubt(e *entry) {
	if s.doubts.full() {
		s.unsettled(s.doubts.first())
	}
	s.doubts.add(e.kind, e.key).copyFrom(e)
}

// detachDoubts begins a fresh session: what is in doubt now is from before it, and no
// answer of it is linked to that by a sequence of its own.
func (s *Session) detachDoubts() {
	for n := s.doubts.n; n > 0; n-- {
		old := *s.doubts.first()
		s.doubts.remove(s.doubts.first(), s.doubts.link(s.doubts.first()))
		if old.kind == bySequence {
			old.kind = byNothing
		}
		d := s.doubts.add(old.kind, old.key)
		d.copyFrom(&old)
		d.withheld = true
	}
}

// accountHole queues an event about missing account messages.
func (s *Session) accountHole(kind EventKind, h accountHole) {
	switch kind {
	case AccountGap:
		s.stats.AccountGaps++
	case AccountLost:
		s.stats.AccountLost += h.to - h.from + 1
	}
	s.queue.push(Event{Kind: kind, Epoch: s.epoch, Received: s.now, From: h.from, To: h.to})
}

// barrier reports whether a pong is the one that catching up waits for.
func (c *catchUp) barrier(ping uint64) bool { return c.waiting && c.ping != 0 && c.ping == ping }

// repeats reports whether an account message of this session can be one that the exchange
// repeats because the login asked for it.
func (s *Session) repeats(origin Origin, number uint64) bool {
	c := &s.catchUp
	return origin == Replayed || c.asked && c.pending && number >= c.from
}
