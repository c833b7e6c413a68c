package engine

import "log/slog"

// Wait is what the loop does in Run while nothing happens.
type Wait uint8

// The values of Wait.
const (
	// WaitBlock sleeps in the kernel. It costs nothing while nothing happens, and
	// about twenty microseconds to wake up.
	WaitBlock Wait = iota

	// WaitSpin never sleeps: it polls the socket and the submit queue in a loop, and
	// needs a core of its own.
	WaitSpin

	// WaitSpinBlock spins for Config.SpinRounds polls in which nothing happens, and
	// then sleeps: latency is that of WaitSpin within a burst, and a quiet market
	// costs nothing.
	WaitSpinBlock
)

var waitNames = [...]string{"block", "spin", "spin block"}

// String returns the name.
func (w Wait) String() string {
	if int(w) < len(waitNames) {
		return waitNames[w]
	}
	return "unknown wait"
}

// LogValue is String, so that every handler of package slog names it.
func (w Wait) LogValue() slog.Value { return slog.StringValue(w.String()) }

// spin counts the polls of the socket by a loop that spins. The loop only.
type spin struct {
	idlePolls int  // in a row that found nothing
	byPoll    bool // the loop is the bot's, which calls Poll
}

// mayBlock reports whether the next round may sleep. Spinning needs a descriptor:
// without a connection, or over one without a descriptor, the loop always sleeps.
func (e *Engine) mayBlock() bool {
	if e.config.Wait == WaitBlock || e.conn.socket == nil || !e.conn.socket.CanSpin() {
		return true
	}
	return e.config.Wait == WaitSpinBlock && e.spin.idlePolls >= e.config.SpinRounds
}

// pollSocket reads from the connection. A loop that spins polls it up to spinPollsMax times
// before it does a whole round, while nothing arrives, nothing is submitted and nothing
// waits to be written or handled: what arrives is found sooner. Timers wait for that, for
// some ten microseconds.
func (e *Engine) pollSocket(free []byte, block bool) (n int, err error) {
	polls := 1
	if !block && !e.spin.byPoll && !e.conn.stalled() && e.config.Wait != WaitBlock && !e.pace.more {
		polls = spinPollsMax
		if e.config.Wait == WaitSpinBlock {
			polls = min(polls, e.config.SpinRounds-e.spin.idlePolls)
		}
	}
	for {
		n, err = e.conn.socket.Read(free)
		e.spin.idlePolls++
		if polls--; polls <= 0 || n > 0 || err != nil || e.submissionPending() || e.requests.pending() != 0 {
			return n, err
		}
	}
}
