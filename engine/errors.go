package engine

import (
	"net"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
)

// sentinel is an error that is compared, and that may be another one, too.
type sentinel struct {
	text   string
	is     error
	unsent bool // a send that returns it has sent nothing
}

func (s *sentinel) Error() string { return s.text }
func (s *sentinel) Unwrap() error { return s.is }

// SafeToResend reports, to session.SafeToResend, whether a send that returned it has sent nothing.
func (s *sentinel) SafeToResend() bool { return s.unsent }

var (
	// ErrClosed means that the engine has ended, or ends without a logout
	// because Close was called. It is net.ErrClosed too.
	ErrClosed error = &sentinel{"engine: closed", net.ErrClosed, true}

	// ErrLoggedOut is what Poll returns when the engine was stopped and the
	// exchange confirmed the logout. Run returns nil then.
	ErrLoggedOut error = &sentinel{text: "engine: logged out"}

	// ErrRunning means that Run or Poll was called while the loop is running, for
	// example by a handler.
	ErrRunning error = &sentinel{text: "engine: already running"}

	// ErrNotConfirmed means that the engine was stopped and the exchange did not
	// confirm the logout: the connection ended first, or there was none.
	ErrNotConfirmed error = &sentinel{text: "engine: logout not confirmed by the exchange"}

	// ErrRestoring means that subscriptions and settings are being sent again after
	// a login, before any message of the bot's. It is session.ErrNotLoggedIn too.
	ErrRestoring error = &sentinel{"engine: subscriptions are being restored", session.ErrNotLoggedIn, true}

	// ErrStopping means that the engine stops, or that a handler panicked: new orders
	// are refused. It is session.ErrNotLoggedIn too.
	ErrStopping error = &sentinel{"engine: stopping, no new orders", session.ErrNotLoggedIn, true}

	// ErrStopTimeout means that the cancellation of the orders was not confirmed within
	// Config.StopTimeout.
	ErrStopTimeout error = &sentinel{text: "engine: no confirmation within Config.StopTimeout"}

	// ErrSubscriptions means that the engine keeps Config.SubscriptionsMax subscriptions
	// already.
	ErrSubscriptions error = &sentinel{text: "engine: too many subscriptions", unsent: true}

	// ErrNoState means that Config.State.Disable is set: no orders, books, risk checks and quotes are kept.
	ErrNoState error = &sentinel{text: "engine: no trading state is kept", unsent: true}

	// ErrVirtual means that Run was called although Config.Clock is set: Poll drives the engine then.
	ErrVirtual error = &sentinel{text: "engine: driven by Poll: Config.Clock is set"}
	// ErrCancelAllIncomplete ends a connection on which orders seem to be left after the kill switch's
	// order_cancel_all was accepted: messages about them are lost, and the next login has them repeated.
	ErrCancelAllIncomplete error = &sentinel{text: "engine: orders are left after order_cancel_all was accepted"}

	// ErrHaltFile means that Config.State.HaltFile exists or cannot be read, as of the last check.
	ErrHaltFile error = &sentinel{text: "engine: halt file exists, or cannot be read"}

	// ErrNoOrderID means that the exchange has not named the order yet, or that it is not kept any more.
	ErrNoOrderID error = &sentinel{text: "engine: order has no id, or is not kept", unsent: true}

	// ErrTimers means that TimersMax timers are set already.
	ErrTimers error = &sentinel{text: "engine: too many timers"}

	// ErrSubmitFull means that the submit queue has no room: other goroutines submit
	// faster than the loop takes.
	ErrSubmitFull error = &sentinel{text: "engine: submit queue is full", unsent: true}

	// ErrSubmitTooLarge means that a message needs more than
	// Config.SubmitBytes.
	ErrSubmitTooLarge error = &sentinel{text: "engine: message is larger than Config.SubmitBytes", unsent: true}

	// ErrSubmissionBusy means that a Submission was used again before it was done.
	ErrSubmissionBusy error = &sentinel{text: "engine: submission is in use", unsent: true}

	// ErrPending means that a Submission is not done.
	ErrPending error = &sentinel{text: "engine: submission is not done"}

	// ErrNotSubmitted means that nothing was submitted with a Submission, or that it was
	// refused, so that there is nothing to wait for. It is ErrPending too.
	ErrNotSubmitted error = &sentinel{"engine: nothing was submitted with this submission", ErrPending, true}

	// ErrInTap means that a handler of payloads, or session.Config.Tap, sent: they are called
	// in the middle of the session's work.
	ErrInTap error = &sentinel{text: "engine: a handler of payloads must not send", unsent: true}

	// ErrInHandler means that a handler called Submission.Wait: the loop would wait for
	// itself. What was submitted stays so.
	ErrInHandler error = &sentinel{text: "engine: a handler must not wait for a submission"}

	// ErrSendStalled means that the socket accepted nothing for Config.SendTimeout.
	ErrSendStalled = transport.ErrSendStalled
)

// DialError is why a connection could not be opened.
type DialError struct {
	Address string
	Err     error // what the dialer or the TLS handshake returned
}

// Error returns the address and the cause, with a hint if one end seems to speak TLS and the other not.
func (e *DialError) Error() string { return "engine: open " + e.Address + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *DialError) Unwrap() error { return e.Err }

// ConfigError is a setting that cannot be used.
type ConfigError struct {
	Field  string // of Config
	Reason string
}

// Error returns the field and the reason.
func (e *ConfigError) Error() string { return "engine: Config." + e.Field + " " + e.Reason }
