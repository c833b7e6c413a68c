package engine

import (
	"slices"
	"time"
)

// How handlers are timed.
//
// A reading of the clock costs more than the decoding of a message, and nobody needs
// one to learn that handlers take no time. So as long as they take next to none,
// they are timed together: up to handlersTogether calls, or all of a round, by one
// reading. As soon as a reading shows that one of them may have worked, each of
// the next handlersSingly calls is timed alone, and that goes on while handlers
// work: then the reading is not what they cost. Who calls slow what so many quick
// calls may take together has all of them timed alone.
//
// The readings also move the loop's clock on, and say when a slice is over; see pace. So
// that one is not overrun by far when handlers begin to work, a burst starts with groups of
// handlersFirst calls, which double.
const (
	handlersTogether = 32
	handlersFirst    = 4
	handlersSingly   = 256
	handlersWork     = 10 * time.Microsecond
)

// timing is the handlers that were called since the clock was last read.
type timing struct {
	calls  int                      // since then
	until  int                      // as many calls end in a reading
	singly int                      // readings that are still due for one call each
	names  [handlersTogether]string // of the handlers that were called, and of the one that runs
	runs   bool                     // one does
}

// starts says that a handler is about to be called.
func (t *timing) starts(name string) {
	t.names[t.calls] = name
	t.runs = true
}

// running returns the name of the handler that runs, "" if none does.
func (t *timing) running() string {
	if !t.runs {
		return ""
	}
	return t.names[t.calls]
}

// handled says that the handler came back.
func (e *Engine) handled() {
	t := &e.timing
	t.runs = false
	if t.calls++; t.calls >= t.until {
		e.timeHandlers()
	}
}

// begin starts a burst.
func (t *timing) begin() {
	if t.until > handlersFirst {
		t.until = handlersFirst
	}
}

// timeHandlers looks how long the handlers took that were called since the last
// reading of the clock, if there are any, and makes this one the loop's.
func (e *Engine) timeHandlers() {
	t := &e.timing
	calls := t.calls
	if calls == 0 {
		return
	}
	t.calls = 0
	now := e.clock.Now()
	took := time.Duration(now - e.now)
	if e.now = now; now >= e.pace.until {
		e.pace.left = 0
	}
	switch {
	case took >= handlersWork:
		t.singly, t.until = handlersSingly, 1
		e.spentOn(took, calls)
	case t.singly > 0:
		t.singly--
	case e.config.SlowHandler >= 0 && e.config.SlowHandler < handlersTogether*handlersWork:
		// together they may look slow when none is
	default:
		t.until = min(2*t.until, handlersTogether)
	}
	if e.config.SlowHandler < 0 {
		return
	}
	if took > e.stats.HandlerMax {
		e.stats.HandlerMax, e.stats.SlowestHandler = took, together(t.names[:calls])
	}
	if took >= e.config.SlowHandler {
		e.stats.SlowHandlers++
		e.log.slow(now, together(t.names[:calls]), took)
	}
}

// spentOn notes what took time, for whoever asks why the loop was away for long.
func (e *Engine) spentOn(took time.Duration, calls int) {
	on := ""
	if calls == 1 {
		on = e.timing.names[0]
	} else if int64(took) >= e.pace.limit/2 {
		on = together(e.timing.names[:calls])
	}
	e.pace.sincePoll.note(took, on)
	e.pace.sinceLag.note(took, on)
}

// together names the handlers that were timed together, each once.
func together(names []string) string {
	all := names[0]
	for i, name := range names[1:] {
		if !slices.Contains(names[:i+1], name) {
			all += ", " + name
		}
	}
	return all
}
