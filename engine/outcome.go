package engine

import (
	"errors"
	"fmt"
)

// cancelError returns a *CancelError unless what was promised of the orders is
// confirmed, or nothing was.
func (e *Engine) cancelError() error {
	s := &e.shutdown
	if !s.cancels || s.orders.done() && s.orders.inDoubt == 0 {
		return nil
	}
	return &CancelError{
		Sent: s.orders.sent, Accepted: s.orders.done(), InDoubt: s.orders.inDoubt, Err: s.orders.lastFail,
	}
}

// verdict is how the engine has ended, after what ended the connection or the wait for
// one.
func (e *Engine) verdict(cause error) error {
	cancel := e.cancelError()
	switch {
	case e.life.panicked != nil:
		p := *e.life.panicked // the log may be reading that one
		p.CancelErr = cancel
		if cancel == nil {
			p.Cancelled = e.shutdown.cancels
			if !e.shutdown.cancels && e.placed() {
				p.CancelErr = &CancelError{Err: e.whyNot()}
			}
		}
		return &p
	case e.shutdown.step == shutdownNone:
		return cause
	case errors.Is(cause, ErrClosed):
	case e.life.logoutConfirmed:
		cause = ErrLoggedOut
		if cancel != nil {
			return cancel
		}
	case cause == nil:
		cause = ErrNotConfirmed
	default:
		cause = fmt.Errorf("%w: %w", ErrNotConfirmed, cause)
	}
	if cancel != nil {
		return fmt.Errorf("%w; %w", cancel, cause)
	}
	return cause
}

// whyNot is why nothing was cancelled after a panic.
func (e *Engine) whyNot() error {
	if e.config.CancelAllOnPanic {
		return errEnding
	}
	return errCancelOff
}

// placed reports whether the bot has ever sent order entry.
func (e *Engine) placed() bool { return e.session.Stats().UnansweredPeak > 0 }

var (
	errNeverLoggedIn = errors.New("never logged in")
	errCancelOff     = errors.New("Config.CancelAllOnPanic is not set")
	errEnding        = errors.New("the engine was ending when the panic came")
)

// CancelError says that orders of the account may be live although they were to be
// cancelled.
type CancelError struct {
	Sent     bool  // an order_cancel_all was sent
	Accepted bool  // and the exchange accepted it; so all orders that it has accepted are cancelled
	InDoubt  int   // orders that it did not answer
	Err      error // why: ErrStopTimeout, what the exchange or a send refused it with, or nil if that is not known
}

// Error says what is known of the orders.
func (e *CancelError) Error() string {
	text := "engine: orders may be live: "
	switch {
	case !e.Sent:
		text += "not cancelled"
	case !e.Accepted:
		text += "cancellation not confirmed"
	default:
		text += fmt.Sprintf("all were cancelled but for %d in doubt", e.InDoubt)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *CancelError) Unwrap() error { return e.Err }
