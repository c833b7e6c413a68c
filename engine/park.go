package engine

import (
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
)

// Clock readings before and after all others: do not sleep, and sleep until something
// happens.
const (
	past  = transport.Past
	never = transport.Never
)

// How the loop sleeps, and how it is woken.
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

// sleeper is what the loop sleeps in: a connection or the idle channel. A late wake
// reaches one that the loop has left, and is lost without harm, because the loop
// checks for work before it sleeps again.
type sleeper struct{ wake func() }

// wake makes the loop check for work. Any goroutine may call it.
func (e *Engine) wake() {
	if e.parked.Load() && e.parked.CompareAndSwap(true, false) {
		e.sleeper.Load().wake()
	}
}

// park announces that the loop is about to sleep, and reports false, not parked,
// if there is work after all.
func (e *Engine) park() bool {
	e.parked.Store(true)
	if e.submitted.Len() > 0 || e.pendingRequests() != 0 || len(e.dialed) > 0 {
		e.parked.Store(false)
		return false
	}
	return true
}

// wakeIdle wakes a loop that sleeps in idle.
func (e *Engine) wakeIdle() {
	select {
	case e.woken <- struct{}{}:
	default: // one is pending
	}
}

// idle sleeps without a connection until a clock reading or a wake.
func (e *Engine) idle(until int64) {
	if !e.park() {
		return
	}
	defer e.parked.Store(false)
	e.publish()
	if until == never {
		<-e.woken
		return
	}
	timer := time.NewTimer(time.Duration(until - e.clock.Now()))
	defer timer.Stop()
	select {
	case <-e.woken:
	case <-timer.C:
	}
}
