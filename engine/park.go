package engine

import (
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
)

// Clock readings before and after all others: not to sleep, and to sleep until something
// happens.
const (
	past  = transport.Past
	never = transport.Never
)

// parking is how the loop sleeps and how other goroutines wake it.
//
// The loop sets parked and then checks for work once more; another goroutine
// publishes work and then checks whether the loop is parked. Go's atomic operations
// have one order that all goroutines agree on, so at least one of the two sees the
// other:
//
//	loop                        other goroutine
//	parked = true               publish work
//	check for work              parked? then wake
//	sleep
//
// A goroutine that sees parked ends the sleep, whether that has begun or not. If it
// does not see it, its check came before the loop's store, hence its work before the
// loop's check: the loop finds it and does not sleep. Of several that see parked only
// the one that clears it wakes the loop.
type parking struct {
	parked  atomic.Bool // the loop sleeps, or is about to
	sleeper atomic.Pointer[sleeper]
	idle    chan struct{} // wakes a loop that sleeps without a connection
}

// sleeper is what the loop sleeps in: a connection or the idle channel. A late wake
// reaches one that the loop has left, and is lost without harm, because the loop
// checks for work before it sleeps again.
type sleeper struct{ wake func() }

// sleepIn sets what wakes the loop from now on. The loop only.
func (p *parking) sleepIn(wake func()) { p.sleeper.Store(&sleeper{wake}) }

// wake makes the loop check for work. Any goroutine.
func (p *parking) wake() {
	if p.parked.Load() && p.parked.CompareAndSwap(true, false) {
		p.sleeper.Load().wake()
	}
}

// wakeIdle wakes a loop that sleeps without a connection. Any goroutine.
func (p *parking) wakeIdle() {
	select {
	case p.idle <- struct{}{}:
	default: // one is pending
	}
}

// sleepIdle sleeps until wakeIdle is called or a duration is over, for ever if that is never.
func (p *parking) sleepIdle(d int64) {
	if d == never {
		<-p.idle
		return
	}
	timer := time.NewTimer(time.Duration(d))
	defer timer.Stop()
	select {
	case <-p.idle:
	case <-timer.C:
	}
}

// wake makes the loop check for work. Any goroutine.
func (e *Engine) wake() { e.parking.wake() }

// park announces that the loop is about to sleep, and reports false, not parked,
// if there is work after all.
func (e *Engine) park() bool {
	e.parking.parked.Store(true)
	if e.tape.flag(tapeAwake, e.hasWork()) {
		e.parking.parked.Store(false)
		return false
	}
	return true
}

// hasWork reports whether there is something that other goroutines have for the loop.
func (e *Engine) hasWork() bool {
	if t := e.tape; t != nil { // the answer is noted, and not what it is made of
		t.quiet(true)
		defer t.quiet(false)
	}
	return e.submitted.ring.Len() > 0 || e.requests.pending() != 0 || len(e.dialer.results) > 0 ||
		e.trading.saveResultReady()
}

// sleep sleeps without a connection until a clock reading or a wake.
func (e *Engine) sleep(until int64) {
	if !e.park() {
		return
	}
	defer e.parking.parked.Store(false)
	e.publish()
	if until != never {
		until -= e.clock.Now()
	}
	if e.tape.replaying() {
		return
	}
	e.parking.sleepIdle(until)
}
