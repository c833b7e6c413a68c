package engine

import (
	"net"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
)

// sentinel is an error that is compared, and that may say what it is besides.
type sentinel struct {
	text   string
	is     error
	unsent bool // a send that is refused with it did nothing
}

func (s *sentinel) Error() string { return s.text }
func (s *sentinel) Unwrap() error { return s.is }

// SafeToResend is for session.SafeToResend.
func (s *sentinel) SafeToResend() bool { return s.unsent }

var (
	// ErrClosed means that the engine has ended, or ends without a logout
	// because Close was called. It is net.ErrClosed too.
	ErrClosed error = &sentinel{"engine: closed", net.ErrClosed, true}

	// ErrLoggedOut is what Poll returns when the engine was stopped and the
	// exchange confirmed the logout. Run returns nil then.
	ErrLoggedOut error = &sentinel{text: "engine: logged out as asked, confirmed by the exchange"}

	// ErrRunning means that Run or Poll was called while the loop is running,
	// be it by a handler.
	ErrRunning error = &sentinel{text: "engine: the loop is running already"}

	// ErrNotConfirmed means that the engine was stopped and the exchange did not
	// confirm the logout: the connection ended first, or there was none.
	ErrNotConfirmed error = &sentinel{text: "engine: logout not confirmed by the exchange"}

	// ErrRestoring means that subscriptions and settings are sent again after a
	// login, which comes before anything of the bot's. It is
	// session.ErrNotLoggedIn too.
	ErrRestoring error = &sentinel{"engine: subscriptions are being restored", session.ErrNotLoggedIn, true}

	// ErrStopping means that the engine stops, or a handler panicked: no order is
	// placed any more. It is session.ErrNotLoggedIn too.
	ErrStopping error = &sentinel{"engine: stopping, no new orders", session.ErrNotLoggedIn, true}

	// ErrStopTimeout means that orders were not cancelled, as far as is known, in
	// Config.StopTimeout.
	ErrStopTimeout error = &sentinel{text: "engine: no confirmation within Config.StopTimeout"}

	// ErrSubscriptions means that Config.SubscriptionsMax are remembered
	// already.
	ErrSubscriptions error = &sentinel{text: "engine: too many subscriptions", unsent: true}

	// ErrTimers means that TimersMax timers are set already.
	ErrTimers error = &sentinel{text: "engine: too many timers"}

	// ErrSubmitFull means that the queue to the loop has no room: other
	// goroutines hand over faster than the loop takes.
	ErrSubmitFull error = &sentinel{text: "engine: hand-over queue is full", unsent: true}

	// ErrSubmitTooLarge means that a message needs more than
	// Config.SubmitBytes.
	ErrSubmitTooLarge error = &sentinel{text: "engine: message is larger than a slot of the hand-over queue", unsent: true}

	// ErrSubmissionBusy means that a Submission was handed over again before it
	// was done.
	ErrSubmissionBusy error = &sentinel{text: "engine: submission is still under way", unsent: true}

	// ErrPending means that a Submission is not done.
	ErrPending error = &sentinel{text: "engine: submission is not done"}

	// ErrNotSubmitted means that nothing was submitted with a Submission, or that it was
	// refused, so that there is nothing to wait for. It is ErrPending too.
	ErrNotSubmitted error = &sentinel{"engine: nothing was submitted with this submission", ErrPending, true}

	// ErrInTap means that a handler of payloads, or session.Config.Tap, sent: they are called
	// in the middle of the session's work.
	ErrInTap error = &sentinel{text: "engine: a handler of payloads must not send", unsent: true}

	// ErrInHandler means that a handler waited for a Submission: the loop would wait for
	// itself. What was handed over is on its way.
	ErrInHandler error = &sentinel{text: "engine: a handler must not wait for a submission"}

	// ErrSendStalled means that the socket took nothing for Config.SendTimeout.
	ErrSendStalled = transport.ErrSendStalled
)

// DialError says that no connection could be opened.
type DialError struct {
	Address string
	Err     error // what the dialer or the TLS handshake returned
}

// Error names the address and the cause, and what to look at if the other end seems
// not to speak TLS.
func (e *DialError) Error() string { return "engine: open " + e.Address + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *DialError) Unwrap() error { return e.Err }

// ConfigError says which setting cannot be used.
type ConfigError struct {
	Field  string // of Config
	Reason string
}

// Error names the field and the reason.
func (e *ConfigError) Error() string { return "engine: Config." + e.Field + " " + e.Reason }
