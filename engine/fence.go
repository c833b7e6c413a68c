package engine

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/internal/marks"
)

// ErrFenced means that the deadline of Config.Fence has passed, or that the fence was closed: another process may have
// the account by now. The engine ends with it. A send that returns it has sent nothing.
var ErrFenced error = fencedError{}

// fencedError is the type of ErrFenced.
type fencedError struct{}

func (fencedError) Error() string { return "engine: fenced: the time in which it may send is over" }

// SafeToResend reports, to session.SafeToResend, that nothing was sent.
func (fencedError) SafeToResend() bool { return true }

// Policy returns, for session.PolicyOf, that this engine must not connect again.
func (fencedError) Policy() session.Policy { return session.Policy{Retry: session.RetryNever} }

// Fence is a deadline that one engine must not send beyond; see Config.Fence. Its methods are for any goroutine.
type Fence struct {
	clock transport.Clock
	until atomic.Int64 // reading of clock, or fenceClosed
	wake  atomic.Pointer[func()]
}

// fenceClosed is Fence.until of a fence that is closed.
const fenceClosed = math.MinInt64

// NewFence returns a fence whose deadline has passed: nothing may be sent before it is extended.
func NewFence() *Fence {
	f := &Fence{clock: transport.NewClock()}
	f.until.Store(fenceClosed + 1)
	return f
}

// Extend moves the deadline to a moment that time.Now's monotonic clock is to reach, or with Config.Clock to a reading
// of that as time.Unix has it. An earlier one than the present deadline changes nothing. It reports false if the fence
// is closed.
func (f *Fence) Extend(until time.Time) bool {
	for to := max(f.clock.Reading(until), fenceClosed+1); ; {
		at := f.until.Load()
		if at == fenceClosed || at >= to {
			return at != fenceClosed
		}
		if f.until.CompareAndSwap(at, to) {
			return true
		}
	}
}

// Close ends the time in which may be sent at once and for good. A write to the socket that has begun may be completed
// after Close has returned: who has to know that nothing is sent any more waits for the engine's end.
func (f *Fence) Close() {
	f.until.Store(fenceClosed)
	if wake := f.wake.Load(); wake != nil {
		(*wake)()
	}
}

// Until returns the deadline, the zero time before the first extension, and false if the fence is closed.
func (f *Fence) Until() (until time.Time, open bool) {
	at := f.until.Load()
	if at <= fenceClosed+1 {
		return time.Time{}, at != fenceClosed
	}
	return f.clock.Time(at), true
}

// Valid reports whether now, as time.Now has returned it, is before the deadline. It is one atomic load.
func (f *Fence) Valid(now time.Time) bool { return f.clock.Reading(now) < f.until.Load() }

// fencing is Config.Fence as the loop asks it. The loop only.
type fencing struct {
	on    bool
	ended bool  // the deadline has passed once
	base  int64 // the loop's clock less the fence's
	seen  int64 // clock reading of the deadline when it was last asked, for the tape
	fence *Fence
}

// openFence begins to ask the fence, or in a replay what the tape has noted of it.
func (e *Engine) openFence(c *Config) {
	f := &e.fencing
	switch {
	case e.tape.replaying():
		f.on = e.tape.begin.Fenced
	case c.Fence != nil:
		at := c.Fence.clock.Now()
		f.on, f.fence, f.base = true, c.Fence, e.system.Reading(c.Fence.clock.Time(at))-at
		wake := e.wake
		c.Fence.wake.Store(&wake)
	}
	if f.on {
		e.gate.set(gateFencing)
	}
}

// fenceUntil returns the clock reading from which on nothing may be sent.
func (e *Engine) fenceUntil() int64 {
	f := &e.fencing
	until := int64(past)
	if f.fence != nil {
		if at := f.fence.until.Load(); at > fenceClosed+1 {
			until = f.base + at
		}
	}
	if t := e.tape; t == nil || t.silent {
		return until
	}
	f.seen = int64(e.tape.word(tapeFence, uint64(until), uint64(f.seen)))
	return f.seen
}

// fenceDue returns the clock reading at which the fence ends the engine if it is not extended, never without a fence.
func (e *Engine) fenceDue() int64 {
	if !e.fencing.on {
		return never
	}
	return e.fenceUntil()
}

// fenced reports whether nothing may be sent any more. It reads the clock, after the deadline: whatever stops the
// process before a write that follows, other than between the two, is noticed.
func (e *Engine) fenced() bool {
	f := &e.fencing
	if until := e.fenceUntil(); !f.ended && e.clock.Now() >= until {
		f.ended = true
		marks.Hit(marks.FenceEnded)
	}
	return f.ended
}

// endIfFenced ends the engine if nothing may be sent any more, as of the loop's reading of the clock: every write asks
// again.
func (e *Engine) endIfFenced() {
	f := &e.fencing
	if e.life.phase == phaseEnded || !f.ended && e.now < e.fenceUntil() {
		return
	}
	if e.readClock(); e.fenced() {
		e.end(ErrFenced)
	}
}
