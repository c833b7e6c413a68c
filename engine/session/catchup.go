package session

import (
	"errors"
	"math"

	"github.com/smk-go/smk/internal/marks"
)

// Why [CaughtUp] is not complete.
var (
	// ErrNotResumed means that the login requested nothing, so that what happened on
	// the account before it is not known: a first run, or ResumeNone.
	ErrNotResumed = errors.New("session: the login resumed from nothing")
	// ErrHistory means that the exchange did not repeat the account message that the
	// login resumed from, so that it may not have what followed that either.
	ErrHistory = errors.New("session: the exchange did not repeat the last account message")
	// ErrAccountHoles means that account messages are missing.
	ErrAccountHoles = errors.New("session: account messages are missing")
	// ErrUnresolved means that the exchange repeated the account's messages and none of
	// them settles what is in doubt. It is also the cause of SendUnresolved.
	ErrUnresolved = errors.New("session: the exchange's account messages do not resolve what is in doubt")
	// ErrNoPong means that the ping behind the login was not answered in time.
	ErrNoPong = errors.New("session: no answer to the ping behind the login")
)

// catchUp is the time between a login and the end of what the exchange repeats after it. A ping behind the
// login marks that end: its pong comes after everything that the exchange sent for the login. A login that
// requested nothing, or that resumed the session, needs no ping.
type catchUp struct {
	pending      bool // CaughtUp was not returned yet
	waiting      bool // for the pong, or for the gap of a session that was resumed
	pingDeferred bool // the ping found no room in the send ring yet
	requested    bool // the login requested what followed from
	resumed      bool // the login resumed the session
	repeated     bool // a number not above from was received
	ended        bool // the exchange has repeated what it has: what is still missing is to be reported
	incomplete   bool // something was given up
	pong         bool // the ping was answered

	required       bool // new orders wait for CaughtUp
	cancel         bool // Config.CancelUnresolved
	cancelDeferred bool // something is unresolved, and all orders are to be cancelled for it

	from     uint64
	ping     uint64 // sequence of the ping, 0 if there is none
	deadline int64  // fair reading
	doubts   int    // unresolved messages that were reported
}

// open begins a connection. A catch-up that the last one did not come to the end of goes on if the session is resumed:
// the exchange repeats the rest of it with the session's messages.
func (c *catchUp) open(required, resuming bool) {
	last := *c
	*c = catchUp{pending: true, required: required, cancel: c.cancel}
	if resuming && last.pending && last.requested {
		c.requested, c.from, c.repeated = true, last.from, last.repeated
		c.incomplete, c.doubts = last.incomplete, last.doubts
	}
}

// request notes that the login requests what follows a number of the account.
func (c *catchUp) request(from uint64) { c.requested, c.from = true, from }

// begin follows the answer to the login, and reports whether a ping has to mark the end.
func (c *catchUp) begin(resumed, gapOpen bool, deadline int64) (pingNeeded bool) {
	if c.resumed, c.deadline = resumed && !c.requested, deadline; resumed {
		marks.Hit(marks.SessionResumed)
	}
	switch {
	case c.resumed:
		c.waiting = gapOpen
	case c.requested:
		c.waiting, c.pingDeferred = true, true
	}
	c.ended = !c.waiting
	return c.pingDeferred
}

// pinged notes the ping that marks the end.
func (c *catchUp) pinged(seq uint64) { c.ping, c.pingDeferred = seq, false }

// ponged notes a pong, and reports whether it is the one behind the login.
func (c *catchUp) ponged(ping uint64) bool {
	if !c.waiting || c.ping == 0 || c.ping != ping {
		return false
	}
	c.pong = true
	c.end()
	return true
}

// end ends the wait. What is missing now does not come any more.
func (c *catchUp) end() { c.waiting, c.pingDeferred, c.ended = false, false, true }

// recovered notes that the gap of a session that was resumed is filled.
func (c *catchUp) recovered() {
	if c.resumed && c.waiting {
		marks.Hit(marks.CaughtUpByGap)
		c.end()
	}
}

// overdue ends a wait that has taken too long. While a gap is open the pong may be behind it.
func (c *catchUp) overdue(fair int64, gapOpen bool) {
	if c.waiting && !gapOpen && fair >= c.deadline {
		marks.Hit(marks.CatchUpOverdue)
		c.end()
	}
}

// due returns the fair reading at which overdue has something to do.
func (c *catchUp) due(gapOpen bool) int64 {
	if c.waiting && !gapOpen {
		return c.deadline
	}
	return math.MaxInt64
}

// repeats reports whether an account message can be one that the exchange repeats because the login
// requested it.
func (c *catchUp) repeats(origin Origin, number uint64) bool {
	return origin == Replayed || c.requested && c.pending && number >= c.from
}

// received notes an account message.
func (c *catchUp) received(number uint64) {
	if c.requested && c.pending && number <= c.from {
		c.repeated = true
	}
}

// provesLoss reports whether what the login requested and is still missing is lost.
func (c *catchUp) provesLoss() bool { return c.requested && c.pong }

// foundNothing reports whether the exchange was asked for all of the account's messages and had none.
func (c *catchUp) foundNothing() bool { return c.requested && c.from == 1 && c.pong && !c.repeated }

// finish is the end of it: CaughtUp is returned next. It returns why the account's messages are not known
// to be complete, or nil. holes says that numbers are missing.
func (c *catchUp) finish(holes bool) (incomplete error) {
	c.ended, c.pending, c.required = false, false, false
	c.cancelDeferred = c.doubts > 0 && c.cancel
	switch {
	case !c.resumed && !c.requested:
		marks.Hit(marks.CaughtUpFromNothing)
		return ErrNotResumed
	case c.requested && !c.pong:
		marks.Hit(marks.CaughtUpNoPong)
		return ErrNoPong
	case c.requested && !c.repeated:
		marks.Hit(marks.CaughtUpHistory)
		return ErrHistory
	case c.incomplete || holes:
		marks.Hit(marks.CaughtUpHoles)
		return ErrAccountHoles
	case c.doubts > 0:
		marks.Hit(marks.CaughtUpUnresolved)
		return ErrUnresolved
	}
	return nil
}
