package engine

import "log/slog"

// Wait is what the loop does in Run while nothing happens.
type Wait uint8

// The ways to wait.
const (
	// WaitBlock sleeps in the kernel. It costs nothing while nothing happens, and
	// about twenty microseconds to wake up.
	WaitBlock Wait = iota

	// WaitSpin never sleeps: it looks at the socket and at what other goroutines
	// hand over, again and again, and uses up a core, which has to be there.
	WaitSpin

	// WaitSpinBlock spins for Config.SpinRounds rounds in which nothing happens, and
	// then sleeps: a burst is answered as by WaitSpin, and a quiet market costs
	// nothing.
	WaitSpinBlock
)

var waitNames = [...]string{"block", "spin", "spin block"}

// String returns the name of the way.
func (w Wait) String() string {
	if int(w) < len(waitNames) {
		return waitNames[w]
	}
	return "unknown way to wait"
}

// LogValue is String, so that every handler of package slog names the way.
func (w Wait) LogValue() slog.Value { return slog.StringValue(w.String()) }

// spin counts the polls of the socket by a loop that spins. The loop only.
type spin struct {
	idlePolls int  // in a row that found nothing
	byPoll    bool // the loop is the bot's, which calls Poll
}

// mayBlock reports whether the next round may sleep. Spinning needs a descriptor:
// without a connection, or over one that does not show its descriptor, the loop
// always sleeps.
func (e *Engine) mayBlock() bool {
	if e.config.Wait == WaitBlock || e.conn.socket == nil || !e.conn.socket.CanSpin() {
		return true
	}
	return e.config.Wait == WaitSpinBlock && e.spin.idlePolls >= e.config.SpinRounds
}

// pollSocket reads from the connection. A loop that spins looks again and again before it
// does a whole round, as long as nothing arrives, nothing is handed over and
// nothing waits to be sent or handled: what is found then is found sooner. Timers wait
// for it, for some ten microseconds.
func (e *Engine) pollSocket(free []byte, block bool) (n int, err error) {
	looks := 1
	if !block && !e.spin.byPoll && !e.conn.stalled() && e.config.Wait != WaitBlock && !e.pace.more {
		looks = looksMax
		if e.config.Wait == WaitSpinBlock {
			looks = min(looks, e.config.SpinRounds-e.spin.idlePolls)
		}
	}
	for {
		n, err = e.conn.socket.Read(free)
		e.spin.idlePolls++
		if looks--; looks <= 0 || n > 0 || err != nil || e.submitted.ring.Peek() != nil || e.requests.pending() != 0 {
			return n, err
		}
	}
}
