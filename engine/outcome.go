package engine

import (
	"errors"
	"fmt"
)

// cancelError returns a *CancelError if orders were to be cancelled and that is not confirmed, else nil.
func (e *Engine) cancelError() error {
	s := &e.shutdown
	if !s.cancels || s.orders.done() && s.orders.inDoubt == 0 {
		return nil
	}
	return &CancelError{
		Sent: s.orders.sent, Accepted: s.orders.done(), InDoubt: s.orders.inDoubt, Err: s.orders.lastFail,
	}
}

// outcomeOf returns the error that the engine ends with, after the cause that ended the connection or the wait
// for one.
func (e *Engine) outcomeOf(cause error) error {
	cancel := e.cancelError()
	switch {
	case e.life.panicked != nil:
		p := *e.life.panicked // a copy: the log may be reading it
		p.CancelErr = cancel
		if cancel == nil {
			p.Cancelled = e.shutdown.cancels
			if !e.shutdown.cancels && e.sentOrderEntry() {
				p.CancelErr = &CancelError{Err: e.notCancelledReason()}
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

// notCancelledReason returns why nothing was cancelled after a panic.
func (e *Engine) notCancelledReason() error {
	if e.config.CancelAllOnPanic {
		return errEnding
	}
	return errCancelOff
}

// sentOrderEntry reports whether the bot has ever sent order entry.
func (e *Engine) sentOrderEntry() bool { return e.session.Stats().UnansweredPeak > 0 }

var (
	errNeverLoggedIn = errors.New("never logged in")
	errCancelOff     = errors.New("Config.CancelAllOnPanic is not set")
	errEnding        = errors.New("the handler panicked while the engine was ending")
)

// CancelError means that orders of the account may be live although they were to be cancelled.
type CancelError struct {
	Sent     bool  // an order_cancel_all was sent
	Accepted bool  // the exchange accepted it: all orders that it has accepted are cancelled
	InDoubt  int   // orders that it did not answer
	Left     int   // of RunUntilFlat: orders that seem to be left, those in doubt included
	Err      error // cause: ErrStopTimeout, the rejection, the error of the send, or nil if it is unknown
}

// Error returns what is known of the orders, and the cause.
func (e *CancelError) Error() string {
	text := "engine: orders may be live: "
	switch {
	case !e.Sent:
		text += "not cancelled"
	case !e.Accepted:
		text += "cancellation not confirmed"
	case e.Left > 0:
		text += fmt.Sprintf("all were cancelled, and %d seem to be left, %d of them in doubt", e.Left, e.InDoubt)
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
