package engine

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// StopAction is what Stop, or the end of Run's context, does with the account's orders.
type StopAction uint8

// The actions.
const (
	// StopAuto is StopCancelAll for a bot that has sent order entry or continues an
	// earlier run (session.Config.AccountSequence or ResumeFrom), and StopLeave for one
	// that only watches: it must not cancel the orders of another bot of the account.
	StopAuto StopAction = iota

	// StopCancelAll cancels all orders of the account, those of its other bots too,
	// and waits until the exchange has confirmed it and until every order sent
	// before is answered, at most Config.StopTimeout long; then it logs out. With
	// trading state it also waits for the ends of the orders, 2 s after the
	// cancellation was sent at most.
	StopCancelAll

	// StopLeave logs out at once and leaves the orders live and unattended.
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

// shutdown is the end of an engine that was stopped, or whose handler panicked:
//
//	cancelling -> logging out -> ended
//
// The first step is left out where orders stay.
type shutdown struct {
	step     shutdownStep
	cancels  bool  // the orders are to be cancelled
	deadline int64 // of the step
	orders   cancellation
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
		step: shutdownCancelling, cancels: cancels, deadline: e.now + int64(e.config.StopTimeout),
		orders: cancellation{lastSent: notSent},
	}
	switch {
	case !cancels:
		e.beginLogout()
	case e.life.phase == phaseNew, !e.life.loggedIn && !e.life.continues && !e.session.State().LoggedIn():
		e.shutdown.orders.lastFail = errNeverLoggedIn
		e.beginLogout()
	default:
		if e.life.phase == phaseWaiting && e.life.retryAt != never {
			e.life.retryAt = e.now // StopTimeout is too short for a long pause
		}
		e.log.push(record{at: e.now, level: slog.LevelInfo, text: "cancelling all orders"})
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

// proceed advances the shutdown. It is called once a round.
func (e *Engine) proceed() {
	if e.shutdown.step == shutdownCancelling {
		e.cancelAll()
	}
	if e.shutdown.step == shutdownLoggingOut {
		e.logout()
	}
}

// cancelAll sends order_cancel_all as often as necessary, and ends the step when the cancellation is confirmed
// or takes too long.
func (e *Engine) cancelAll() {
	s := &e.shutdown
	switch {
	case s.orders.done() && !e.session.OrdersInFlight() && (s.orders.inDoubt == 0 || !s.orders.catchUp) &&
		e.now >= e.endsDue():
		e.beginLogout()
	case e.now >= s.deadline:
		s.orders.lastFail = ErrStopTimeout
		marks.Hit(marks.StopTimedOut)
		e.beginLogout()
	case e.now >= e.cancelAllDue():
		e.sendCancelAll()
	}
}

// cancelAllDue returns the clock reading at which the next order_cancel_all is due.
func (e *Engine) cancelAllDue() int64 {
	state := e.session.State()
	if e.life.phase != phaseConnected || state != session.Established && state != session.Recovering {
		return never // nothing can be sent
	}
	return e.shutdown.orders.due(e.config.StopTimeout)
}

// endsDue returns the clock reading until which the ends of open orders are waited for, once the exchange has accepted
// the cancellation: they need not come with that, and after the logout they are not received. A proxy cancels the
// orders of its client one by one.
func (e *Engine) endsDue() int64 {
	s := &e.shutdown
	if e.trading == nil || e.trading.orders.LiveCount() <= e.trading.orders.InDoubtCount() {
		return past
	}
	return min(s.orders.lastSent+int64(cancelEnds), s.deadline)
}

func (e *Engine) sendCancelAll() {
	var all msg.OrderCancelAll
	keys := all.Keys()
	seq, err := e.send(&all, &keys, fromEngine)
	if err != nil {
		e.shutdown.orders.lastFail = fmt.Errorf("order_cancel_all not sent: %w", err)
		e.shutdown.orders.notBefore = e.now + int64(cancelRetry)
		marks.Hit(marks.StopCancelRefused)
		return
	}
	e.shutdown.orders.sentAt(e.now, seq)
}

// orderOpened notes that an order has come to the book, an unknown one if id is 0.
func (e *Engine) orderOpened(id uint64) {
	_, next := e.session.Counters()
	e.shutdown.orders.open(id, next)
}

// shutdownMessage handles a message of the application layer during a shutdown.
func (e *Engine) shutdownMessage(ev *Event, typ msg.PayloadType) {
	if e.shutdown.step == shutdownNone || !e.shutdown.cancels {
		return
	}
	switch typ {
	case msg.PayloadOrderAccepted:
		m := ev.Payload.GetOrderAccepted()
		e.shutdown.orders.resolve(m.GetReference())
		e.orderOpened(m.GetOrderId())
	case msg.PayloadOrderRejected:
		e.shutdown.orders.resolve(ev.Payload.GetOrderRejected().GetReference())
	case msg.PayloadOrderInvalid:
		e.shutdown.orders.resolve(ev.Payload.GetOrderInvalid().GetReference())
	case msg.PayloadOrderCancelReplaceAccepted:
		e.orderOpened(ev.Payload.GetOrderCancelReplaceAccepted().GetOrderId())
	case msg.PayloadOrderCancelled:
		e.shutdown.orders.close(ev.Payload.GetOrderCancelled().GetOrderId())
	case msg.PayloadOrderCancelAllAccepted:
		if seq := e.cancelAllAnswered(ev.Payload.GetOrderCancelAllAccepted().HasReference()); seq != 0 {
			e.shutdown.orders.confirm(seq)
		}
	case msg.PayloadOrderCancelAllRejected:
		m := ev.Payload.GetOrderCancelAllRejected()
		if e.cancelAllAnswered(m.HasReference()) != 0 {
			e.shutdown.orders.lastFail = fmt.Errorf("order_cancel_all rejected: %v", m.GetReason())
			e.shutdown.orders.retry(e.now)
			marks.Hit(marks.StopCancelRejected)
		}
	}
}

// cancelAllAnswered removes the order_cancel_all that has just been answered from the pending ones and
// returns its sequence, 0 if it is none of ours. An answer without a reference is for the oldest, if that has
// none.
func (e *Engine) cancelAllAnswered(hasReference bool) (seq uint64) {
	orders := &e.shutdown.orders
	for i, seq := range orders.pending[:orders.pendings] {
		reference, _ := e.session.Reference(seq)
		if !e.session.InFlight(seq) || !hasReference && reference != 0 {
			orders.removePending(i)
			return seq
		}
	}
	return 0
}

// shutdownEvent handles any other event during a shutdown.
func (e *Engine) shutdownEvent(ev *Event) {
	s := &e.shutdown
	if s.step == shutdownNone || !s.cancels {
		return
	}
	switch ev.Kind {
	case session.LoggedIn:
		s.orders.login()
		marks.Hit(marks.StopReconnected)
	case session.CaughtUp:
		s.orders.catchUp = false
	case session.ThrottleExceeded:
		s.orders.retry(e.now) // the exchange may have dropped ours
		marks.Hit(marks.StopCancelThrottled)
	case session.SendResolved:
		switch ev.Type {
		case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
			if ev.Fate != session.InDoubt {
				return
			}
			if s.orders.doubt(ev.Reference); s.step == shutdownCancelling {
				e.orderOpened(0)
			}
		case msg.PayloadOrderCancelAll:
			if e.cancelAllAnswered(true) != 0 && s.step == shutdownCancelling {
				s.orders.lastFail = ev.Err()
				marks.Hit(marks.StopCancelLost)
			}
		}
	}
}

// logout ends the session, or the engine where there is none.
func (e *Engine) logout() {
	switch e.life.phase {
	case phaseDialing:
		e.dialer.attempt.cancel() // its result ends the engine
		e.dialer.attempt.deadline = min(e.dialer.attempt.deadline, e.shutdown.deadline)
	case phaseConnected:
		if e.session.State() == session.LogoutSent {
			return
		}
		err := e.session.Logout(e.now)
		if err != nil && (!errors.Is(err, session.ErrFull) || e.now >= e.shutdown.deadline) {
			e.disconnect(err)
		}
	case phaseNew, phaseWaiting:
		e.end(e.life.lastCause)
	case phaseEnded:
	}
}

// shutdownAt returns the clock reading at which the shutdown has something to do even if nothing happens.
func (e *Engine) shutdownAt() int64 {
	switch e.shutdown.step {
	case shutdownCancelling:
		if e.shutdown.orders.done() {
			if at := e.endsDue(); at > e.now {
				return at
			}
		}
		return min(e.shutdown.deadline, e.cancelAllDue())
	case shutdownLoggingOut:
		if e.life.phase == phaseConnected && e.session.State() != session.LogoutSent {
			return e.shutdown.deadline // the logout has no room
		}
	}
	return never
}

// stop begins the shutdown that an action says, if none is under way.
func (e *Engine) stop(action StopAction) {
	if e.shutdown.step != shutdownNone {
		return
	}
	e.beginShutdown(action == StopCancelAll || action == StopAuto && (e.sentOrderEntry() || e.life.continues))
	e.proceed()
}
