package engine

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

// mayBlock reports whether the next round may sleep. Spinning needs a descriptor:
// without a connection, or over one that does not show its descriptor, the loop
// always sleeps.
func (e *Engine) mayBlock() bool {
	if e.config.Wait == WaitBlock || e.conn == nil || !e.conn.spins() {
		return true
	}
	return e.config.Wait == WaitSpinBlock && e.idleRounds >= e.config.SpinRounds
}
