package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// StopAction is what Stop, or the end of Run's context, does with the account's orders.
type StopAction uint8

// The actions.
const (
	// StopAuto is StopCancelAll once the bot has sent order entry, and for one that
	// goes on with an earlier run (session.Config.AccountSequence or ResumeFrom), and
	// StopLeave for one that only watches: that must not cancel what another bot of
	// the account has placed.
	StopAuto StopAction = iota

	// StopCancelAll cancels all orders of the account, those of its other bots too,
	// and waits until the exchange has confirmed it and until every order sent
	// before is answered, at most Config.StopTimeout long; then it logs out.
	StopCancelAll

	// StopLeave logs out at once and leaves the orders live, with nobody to look
	// after them.
	StopLeave

	stopActions
)

var stopActionNames = [stopActions]string{"auto", "cancel all", "leave"}

// String returns the action's name.
func (a StopAction) String() string {
	if a < stopActions {
		return stopActionNames[a]
	}
	return "unknown action"
}

// shutdown is how an engine ends that was stopped, or whose handler panicked:
//
//	cancelling -> logging out -> ended
//
// The first is left out where orders stay. Orders that were sent before may be accepted
// after the first order_cancel_all is on its way, and answers need not keep the order
// of the requests. So all orders that are under way are waited for, and for each that
// is accepted meanwhile either its end is told or another order_cancel_all is accepted,
// sent after it. All of this survives a lost connection. Nothing of it runs before.
type shutdown struct {
	step     shutdownStep
	cancels  bool  // the orders are to be cancelled
	deadline int64 // of the step

	requests  [cancelsMax]uint64 // sequences of our order_cancel_all that wait for their answers, oldest first
	waiting   int                // how many
	last      int64              // when the newest was sent
	notBefore int64              // the next one is sent
	sent      bool

	accepted bool // one was that counts
	atLeast  uint64
	entered  [enteredMax]entered // orders accepted since
	n        int                 // how many
	err      error               // why it is not confirmed, as far as that is known

	doubts   [enteredMax]uint64 // references of orders in doubt since the shutdown began, 0 if unknown
	inDoubt  int                // how many, also beyond the array
	catching bool               // after a login: what is repeated may settle them
}

// entered is an order that came to the book while orders are cancelled.
type entered struct {
	id  uint64
	seq uint64 // an order_cancel_all of this sequence or a later one covers it
}

type shutdownStep uint8

const (
	shutdownNone shutdownStep = iota
	shutdownCancelling
	shutdownLoggingOut
)

// beginShutdown stops new orders and begins the shutdown.
func (e *Engine) beginShutdown(cancels bool) {
	e.gate.set(gateStopping)
	e.shutdown = shutdown{
		step: shutdownCancelling, cancels: cancels, deadline: e.now + int64(e.config.StopTimeout), last: math.MinInt64,
	}
	switch {
	case !cancels:
		e.beginLogout()
	case e.life.phase == phaseNew, !e.life.loggedIn && !e.life.continues && !e.session.State().LoggedIn():
		e.shutdown.err = errNeverLoggedIn
		e.beginLogout()
	default:
		if e.life.phase == phaseWaiting && e.life.retryAt != never {
			e.life.retryAt = e.now // there is no time for a long pause; later ones count
		}
		e.log.say(record{at: e.now, level: slog.LevelInfo, text: "cancels all orders before it ends"})
	}
}

// beginLogout begins the last step.
func (e *Engine) beginLogout() {
	timeout := e.config.Session.LogoutTimeout
	if timeout == 0 {
		timeout = session.LogoutTimeout
	}
	e.shutdown.step, e.shutdown.deadline = shutdownLoggingOut, e.now+int64(timeout)
}

// proceed does what the shutdown can do now. It is called once a round.
func (e *Engine) proceed() {
	if e.shutdown.step == shutdownCancelling {
		e.cancelAll()
	}
	if e.shutdown.step == shutdownLoggingOut {
		e.logout()
	}
}

// cancelAll asks for the cancellation of everything as often as it takes, and ends the
// step when that is confirmed, can not be confirmed, or takes too long.
func (e *Engine) cancelAll() {
	s := &e.shutdown
	switch {
	case s.cancelled() && !e.session.OrdersInFlight() && (s.inDoubt == 0 || !s.catching):
		e.beginLogout()
	case e.now >= s.deadline:
		s.fail(ErrStopTimeout)
		e.beginLogout()
	case e.now >= e.nextCancelAll():
		e.sendCancelAll()
	}
}

// cancelled reports whether nothing is left of what can be cancelled.
func (s *shutdown) cancelled() bool { return s.accepted && s.n == 0 }

// nextCancelAll is when the next order_cancel_all is due.
func (e *Engine) nextCancelAll() int64 {
	s := &e.shutdown
	at := int64(never)
	switch {
	case !e.canSend():
	case s.last == math.MinInt64:
		at = s.last
	case s.cancelled(): // only answers are missing
	case s.waiting > 0:
		at = s.last + int64(e.config.StopTimeout)/cancelTries // it may have been lost on the way
	default:
		at = s.last + int64(cancelPause) // the ends of these orders may be on their way
	}
	return max(at, s.notBefore)
}

// canSend reports whether the session takes messages of the application layer.
func (e *Engine) canSend() bool {
	state := e.session.State()
	return e.life.phase == phaseConnected && (state == session.Established || state == session.Recovering)
}

// sendCancelAll sends one.
func (e *Engine) sendCancelAll() {
	s := &e.shutdown
	var all msg.OrderCancelAll
	keys := all.Keys()
	seq, err := e.send(&all, &keys, fromEngine)
	if err != nil {
		s.fail(fmt.Errorf("order_cancel_all not sent: %w", err))
		s.notBefore = e.now + int64(cancelRetry)
		return
	}
	if s.waiting == cancelsMax {
		copy(s.requests[:], s.requests[1:])
		s.waiting--
	}
	s.requests[s.waiting], s.sent, s.last = seq, true, e.now
	s.waiting++
}

// fail notes why the cancellation is not confirmed so far.
func (s *shutdown) fail(err error) {
	s.err = err
}

// orderEntered notes that an order has come to the book; of one without a name it is
// enough that it may have.
func (e *Engine) orderEntered(id uint64) {
	s := &e.shutdown
	_, out := e.session.Counters()
	if id == 0 || s.n == enteredMax {
		s.atLeast, s.accepted = out, false // whatever was sent so far does not count
		return
	}
	s.entered[s.n] = entered{id, out}
	s.n++
}

// orderEnded notes that an order has left the book.
func (s *shutdown) orderEnded(id uint64) { s.forget(func(o entered) bool { return o.id == id }) }

// confirmed notes that the exchange has cancelled everything on our request.
func (s *shutdown) confirmed(seq uint64) {
	s.accepted = s.accepted || seq >= s.atLeast
	s.forget(func(o entered) bool { return o.seq <= seq })
}

// doubt notes an order whose fate is open.
func (s *shutdown) doubt(reference uint64) {
	if s.inDoubt < enteredMax {
		s.doubts[s.inDoubt] = reference
	}
	s.inDoubt++
}

// settleDoubt notes an answer that may be to one of them.
func (s *shutdown) settleDoubt(reference uint64) {
	known := s.doubts[:min(s.inDoubt, enteredMax)]
	if i := slices.Index(known, reference); i >= 0 && reference != 0 {
		known[i], known[len(known)-1] = known[len(known)-1], 0 // if there are more it stands for one of those
		s.inDoubt--
	}
}

// forget drops orders that entered, and keeps the others in their order.
func (s *shutdown) forget(gone func(entered) bool) {
	kept := slices.DeleteFunc(s.entered[:s.n], gone)
	s.n = len(kept)
}

// shutdownMessage looks at a message of the application layer.
func (e *Engine) shutdownMessage(ev *Event, typ msg.PayloadType) {
	if e.shutdown.step == shutdownNone || !e.shutdown.cancels {
		return
	}
	switch typ {
	case msg.PayloadOrderAccepted:
		m := ev.Payload.GetOrderAccepted()
		e.shutdown.settleDoubt(m.GetReference())
		e.orderEntered(m.GetOrderId())
	case msg.PayloadOrderRejected:
		e.shutdown.settleDoubt(ev.Payload.GetOrderRejected().GetReference())
	case msg.PayloadOrderInvalid:
		e.shutdown.settleDoubt(ev.Payload.GetOrderInvalid().GetReference())
	case msg.PayloadOrderCancelReplaceAccepted:
		e.orderEntered(ev.Payload.GetOrderCancelReplaceAccepted().GetOrderId())
	case msg.PayloadOrderCancelled:
		e.shutdown.orderEnded(ev.Payload.GetOrderCancelled().GetOrderId())
	case msg.PayloadOrderCancelAllAccepted:
		if seq := e.answered(ev.Payload.GetOrderCancelAllAccepted().HasReference()); seq != 0 {
			e.shutdown.confirmed(seq)
		}
	case msg.PayloadOrderCancelAllRejected:
		m := ev.Payload.GetOrderCancelAllRejected()
		if e.answered(m.HasReference()) != 0 {
			e.shutdown.fail(fmt.Errorf("order_cancel_all rejected: %v", m.GetReason()))
			e.shutdown.last, e.shutdown.notBefore = math.MinInt64, e.now+int64(cancelPause)
		}
	}
}

// answered takes the order_cancel_all that has just been answered off the list and
// returns its sequence, 0 if it is none of ours. An answer without a reference is for
// the oldest, if that has one.
func (e *Engine) answered(hasReference bool) (seq uint64) {
	s := &e.shutdown
	for i, request := range s.requests[:s.waiting] {
		reference, _ := e.session.Reference(request)
		if !e.session.InFlight(request) || !hasReference && reference != 0 {
			copy(s.requests[i:], s.requests[i+1:s.waiting])
			s.waiting--
			return request
		}
	}
	return 0
}

// shutdownEvent looks at any other event.
func (e *Engine) shutdownEvent(ev *Event) {
	s := &e.shutdown
	if s.step == shutdownNone || !s.cancels {
		return
	}
	switch ev.Kind {
	case session.LoggedIn:
		// Whatever was asked for on the last connection is asked for again.
		s.waiting, s.n, s.atLeast, s.accepted, s.last = 0, 0, 0, false, math.MinInt64
		s.catching = true
	case session.CaughtUp:
		s.catching = false
	case session.ThrottleExceeded:
		// It may be ours that was dropped.
		s.last, s.notBefore = math.MinInt64, e.now+int64(cancelPause)
	case session.SendResolved:
		switch ev.Type {
		case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
			if ev.Fate != session.InDoubt {
				return
			}
			if s.doubt(ev.Reference); s.step == shutdownCancelling {
				e.orderEntered(0)
			}
		case msg.PayloadOrderCancelAll:
			if e.answered(true) != 0 && s.step == shutdownCancelling {
				s.fail(ev.Err())
			}
		}
	}
}

// logout ends the session, or the engine where nobody is to be told.
func (e *Engine) logout() {
	switch e.life.phase {
	case phaseDialing:
		e.dialer.attempt.cancel() // what it comes to ends the engine
		e.dialer.attempt.deadline = min(e.dialer.attempt.deadline, e.shutdown.deadline)
	case phaseConnected:
		if e.session.State() == session.LogoutSent {
			return
		}
		if err := e.session.Logout(e.now); err != nil && (!errors.Is(err, session.ErrFull) || e.now >= e.shutdown.deadline) {
			e.disconnect(err)
		}
	case phaseNew, phaseWaiting:
		e.end(e.life.lastCause)
	case phaseEnded:
	}
}

// shutdownAt is when the shutdown has something to do although nothing happens.
func (e *Engine) shutdownAt() int64 {
	switch e.shutdown.step {
	case shutdownCancelling:
		return min(e.shutdown.deadline, e.nextCancelAll())
	case shutdownLoggingOut:
		if e.life.phase == phaseConnected && e.session.State() != session.LogoutSent {
			return e.shutdown.deadline // of a logout that has no room
		}
	}
	return never
}

// cancelError returns a *CancelError unless what was promised of the orders is
// confirmed, or nothing was.
func (e *Engine) cancelError() error {
	s := &e.shutdown
	if !s.cancels || s.cancelled() && s.inDoubt == 0 {
		return nil
	}
	return &CancelError{Sent: s.sent, Accepted: s.cancelled(), InDoubt: s.inDoubt, Err: s.err}
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

// stop begins the shutdown as Config.OnStop wants it, if none is under way.
func (e *Engine) stop() {
	if e.shutdown.step != shutdownNone {
		return
	}
	action := e.config.OnStop
	e.beginShutdown(action == StopCancelAll || action == StopAuto && (e.placed() || e.life.continues))
	e.proceed()
}

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
