package engine

import "github.com/smk-go/smk/engine/session"

// phase is the state of an engine between New and its end.
type phase uint8

const (
	phaseNew          phase = iota // never ran
	phaseWaiting                   // until retryAt
	phaseDialing                   // until the attempt's result
	phaseConnected                 // has a connection
	phaseDisconnected              // has lost it, and delivers the events of that
	phaseEnded                     // everything is released
)

// lifecycle is the phase of an engine and what decides about the next one. The loop only.
type lifecycle struct {
	phase     phase
	retryAt   int64 // in phaseWaiting: clock reading of the next attempt
	loggedIn  bool  // a login has succeeded at least once
	continues bool  // the account or the session of an earlier run

	lastCause       error // why the last connection ended, or could not be opened
	logoutConfirmed bool  // the exchange confirmed the logout that we asked for
	panicked        *PanicError
	ending          bool // what the engine holds is being released

	outcome    error              // how the engine ended
	resumption session.Resumption // of the session that it ended with
}

// undecided reports whether a connection, or an attempt to open one, is over and what follows is not decided:
// a panic has interrupted that.
func (l *lifecycle) undecided() bool { return l.phase == phaseWaiting && l.retryAt == never }
