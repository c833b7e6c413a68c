package engine

import (
	"log/slog"

	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/internal/marks"
)

// Halt throws the kill switch: from the moment it returns no order_create and no order_cancel_replace passes the gate
// until Resume, whatever the loop is doing, and the loop cancels all orders of the account as soon as the handler that
// it is in returns. A message that passed the gate before may still be on its way to the socket: it has its sequence,
// and the order_cancel_all follows it. [Engine.Mode] says how far the switch is, OnRisk's handlers are called with it.
//
// Any goroutine, any time: it waits for nothing, has no queue that could be full, and wakes the loop. Before Run it
// holds from the first login on; after the end it does nothing. Of several halts the first cause stays. The error is
// ErrNoState if there is no trading state, and then nothing is halted.
//
// If orders are left after the last of risk.Config.CancelAllTries the switch gives up, and begins again after
// HaltRetry, and after longer and longer pauses up to 5 minutes, or with the next connection.
//
// If the exchange accepted the cancellation and orders seem to be left all the same, the engine logs in again, once, to
// learn what became of them.
//
// A halt stays until [Engine.Resume], across connections. Config.State has settings by which a signal or a file throws
// the switch.
func (e *Engine) Halt(reason string) error {
	return e.requestHalt(risk.Cause{Trigger: risk.TriggerAPI, Reason: reason})
}

// requestHalt throws the kill switch. Any goroutine.
//
// The cause is stored before the bit is set, and the loop clears the bit before it takes the cause: it may find the bit
// without a cause, which another request brought, but never loses a request.
func (e *Engine) requestHalt(cause risk.Cause) error {
	if e.trading == nil {
		return ErrNoState
	}
	e.trading.halts.cause.CompareAndSwap(nil, &cause)
	e.request(requestHalt)
	return nil
}

// applyHalt throws the kill switch for a request.
func (e *Engine) applyHalt() {
	t := e.trading
	e.requests.bits.And(^uint32(requestHalt))
	cause := e.tape.haltCause(t.halts.cause.Swap(nil))
	if cause == nil {
		cause = &risk.Cause{Reason: "another halt at the same time"}
		marks.Hit(marks.HaltTwice)
	}
	t.followBeats(e.now)
	e.halt(*cause)
}

// halt throws the kill switch. The loop only.
func (e *Engine) halt(cause risk.Cause) {
	e.trading.risk.Halt(e.now, cause)
	e.modeChanged()
}

// modeChanged makes the mode in force that of the quoter and of the session.
func (e *Engine) modeChanged() {
	t := e.trading
	mode := t.risk.Mode()
	t.modeChanged(mode)
	e.session.HoldCreates(mode == risk.Halted)
}

// retryHalt begins a kill switch again that gave up on a connection that is still there: whatever kept the exchange
// from cancelling may be over.
func (e *Engine) retryHalt() {
	h := &e.trading.halts
	if e.now < h.retryAt {
		return
	}
	h.retryAt = never
	if s := e.trading.risk.Status(); s.Kill == risk.KillGaveUp {
		marks.Hit(marks.HaltRetried)
		e.halt(s.Cause)
	}
}

// loginAfterHalt ends the connection, once in a halt, if the switch gave up although the exchange accepted the
// cancellation: messages about the orders that seem to be left are lost, and the next login has them repeated.
func (e *Engine) loginAfterHalt() {
	h := &e.trading.halts
	if h.loggedIn || !e.trading.risk.Status().Accepted || e.shutdown.step != shutdownNone ||
		e.conn.socket == nil || e.conn.failure.cause != nil {
		return
	}
	h.loggedIn = true
	e.conn.failure.cause = ErrCancelAllIncomplete
	marks.Hit(marks.HaltReconnects)
}

// Resume ends a halt, or the mode Reducing, and gives the watchdog its whole time. It is for a person's decision:
// nothing resumes by itself. Like other methods it is for the loop; another goroutine calls it by [Submitter.Do].
//
// The error is risk.ErrHalting while orders are being cancelled, or if another halt comes at this moment, [ErrHaltFile]
// while Config.State.HaltFile exists or cannot be read, as of the last check, or ErrNoState.
func (e *Engine) Resume(reason string) error {
	t := e.trading
	if t == nil {
		return ErrNoState
	}
	if e.requests.halting() { // whoever resumes does not know of it
		e.applyHalt()
		return risk.ErrHalting
	}
	if e.tape.flag(tapeHaltFile, t.halts.file.held.Load()) {
		return ErrHaltFile
	}
	now := e.clock.Now()
	t.followBeats(now)
	err := t.risk.Resume(now, risk.Cause{Reason: reason})
	if err == nil {
		t.halts.beats.restart(now)
	}
	e.modeChanged()
	return err
}

// Mode returns the trading mode, and how far the kill switch is, with the orders left as of now.
func (e *Engine) Mode() (s risk.Status) {
	if e.trading == nil {
		return s
	}
	if e.requests.halting() {
		e.applyHalt()
	}
	if e.trading.changed { // the round's end would count them
		e.trading.countOrders(e.now)
	}
	return e.trading.risk.Status()
}

// OnRisk registers a handler of what the risk checks find out: each change of the mode and its cause, each step of the
// kill switch, a loss or a drift beyond its limit, a missed beat. ev may be kept. A handler is called after the change,
// at the end of the loop's round at the latest, and finds the state as it is then, which [Engine.Mode] returns.
func (e *Engine) OnRisk(handler func(ev risk.Event)) Registration {
	return e.tradingHandlers("OnRisk").risk.add(handler)
}

// followRisk follows what the risk checks found out.
func (e *Engine) followRisk() {
	t := e.trading
	events := t.risk.Events()
	for i := range events {
		ev := &events[i]
		switch {
		case ev.Kind == risk.KillChanged && ev.Kill == risk.KillGaveUp:
			t.halts.retryLater(e.now)
			e.loginAfterHalt()
		case ev.Kind == risk.ModeChanged:
			e.modeChanged()
			t.halts.pause, t.halts.retryAt, t.halts.loggedIn = 0, never, false
			level := slog.LevelWarn
			if ev.Mode == risk.Active {
				level = slog.LevelInfo
			}
			e.log.push(record{at: ev.At, level: level, text: "mode is " + ev.Mode.String(), cause: ev.Cause.String()})
		}
	}
	t.events.risk = append(t.events.risk, events...)
}
