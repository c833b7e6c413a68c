package engine

import (
	"slices"
	"time"
)

// How handlers are timed.
//
// A clock reading costs more than decoding a message, and most handlers take next to no time. As long as they
// do, they are timed in groups: up to handlersGroup calls, or all of a round, by one reading. As soon as a
// reading shows a slow group, each of the next handlersSearch calls is timed by itself: a slow handler is called
// again soon, and then each of handlersSingle calls is, for as long as one takes handlersSlow or more, of which
// the reading is a small part. What was slow once, because the process did not run, is not found again. A
// Config.SlowHandler below what a group of quick calls may take has every call timed by itself.
//
// The readings also advance the loop's clock, and say when a slice is over; see pace. To keep an overrun small
// when handlers become slow, a burst starts with groups of handlersFirst calls, which double.
const (
	handlersGroup  = 32
	handlersFirst  = 4
	handlersSearch = 32
	handlersSingle = 256
	handlersSlow   = 10 * time.Microsecond // a call, or the calls of a group
	handlerUsual   = time.Microsecond      // a call of a group, with its message: so many of them are not slow
)

// timing is the handlers that were called since the last clock reading.
type timing struct {
	calls     int                   // since the last reading
	group     int                   // number of calls that end in a reading
	single    int                   // calls that are still to be timed by themselves
	names     [handlersGroup]string // of the handlers that were called, and of the running one
	inHandler bool                  // a handler is running
}

// startHandler notes that a handler is about to be called.
func (t *timing) startHandler(name string) {
	t.names[t.calls] = name
	t.inHandler = true
}

// running returns the name of the running handler, "" if none is running.
func (t *timing) running() string {
	if !t.inHandler {
		return ""
	}
	return t.names[t.calls]
}

// abort forgets the calls of the group after a panic.
func (t *timing) abort() { t.inHandler, t.calls = false, 0 }

// beginBurst starts a burst.
func (t *timing) beginBurst() {
	if t.group > handlersFirst {
		t.group = handlersFirst
	}
}

// endHandler notes that the handler has returned.
func (e *Engine) endHandler() {
	t := &e.timing
	t.inHandler = false
	if t.calls++; t.calls >= t.group {
		e.timeHandlers()
	}
}

// timeHandlers measures how long the handlers took that were called since the last clock reading, if any, and
// makes the new reading the loop's.
func (e *Engine) timeHandlers() {
	t := &e.timing
	calls := t.calls
	if calls == 0 {
		return
	}
	t.calls = 0
	now := e.clock.Now()
	took := time.Duration(now - e.now)
	e.measured.handled(int64(took), calls)
	if e.now = now; now >= e.pace.sliceEnd {
		e.pace.sliceLeft = 0
	}
	if took >= handlersSlow {
		e.noteSpent(took, calls)
	}
	switch {
	case took >= handlersSlow && calls == 1:
		t.single, t.group = handlersSingle, 1
	case took >= max(handlersSlow, time.Duration(calls)*handlerUsual):
		t.single, t.group = handlersSearch, 1
	case t.single > 0:
		t.single--
	case e.config.SlowHandler >= 0 && e.config.SlowHandler < handlersGroup*handlersSlow:
		// a group of quick calls could reach SlowHandler
	default:
		t.group = min(2*t.group, handlersGroup)
	}
	if e.config.SlowHandler < 0 {
		return
	}
	if took > e.stats.HandlerMax {
		e.stats.HandlerMax, e.stats.SlowestHandler = took, joinNames(t.names[:calls])
	}
	if took >= e.config.SlowHandler {
		e.stats.SlowHandlers++
		e.log.slow(now, joinNames(t.names[:calls]), took)
	}
}

// noteSpent notes what took time, as the possible cause of a loop delay or a lag.
func (e *Engine) noteSpent(took time.Duration, calls int) {
	on := ""
	if calls == 1 {
		on = e.timing.names[0]
	} else if int64(took) >= e.pace.limit/2 {
		on = joinNames(e.timing.names[:calls])
	}
	e.pace.sincePoll.note(took, on)
	e.pace.sinceLag.note(took, on)
}

// joinNames returns the names of the handlers of a group, each once.
func joinNames(names []string) string {
	all := names[0]
	for i, name := range names[1:] {
		if !slices.Contains(names[:i+1], name) {
			all += ", " + name
		}
	}
	return all
}
