package engine

import (
	"errors"
	"log/slog"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// exchange is a round with a connection: read, hand out what came, do what is due.
func (e *Engine) exchange(block bool) {
	if e.flush(); e.conn == nil {
		return
	}
	if e.restoring && e.session.State().LoggedIn() {
		if err := e.restore(); err != nil {
			e.lose(err)
			return
		}
	}
	until := int64(past)
	if block {
		until = e.dueAt()
	}
	full := e.stalled != 0
	if block {
		e.publish()
	}
	e.conn.arm(until, full)
	if block && !e.park() {
		e.conn.arm(past, full)
	}
	n, err := e.look(block)
	if block {
		e.parked.Store(false)
	}
	if block || n > 0 {
		e.idleLooks = 0
	}
	e.readClock()
	if n == 0 {
		e.takeSubmitted() // likely what ended the look
		e.flush()
	}
	e.stats.BytesIn += uint64(n)
	e.session.Filled(n)
	e.drain()
	e.flush() // what the handlers have sent, before anything else
	if e.conn != nil && e.now >= e.session.Deadline() {
		if err := e.session.Tick(e.now); err != nil {
			e.lose(err)
			return
		}
		e.drain()
	}
	if e.conn != nil && err != nil {
		e.lose(err)
	}
}

// dueAt is when the loop has to be awake even if nothing happens.
func (e *Engine) dueAt() int64 {
	until := min(e.session.Deadline(), e.shutdownAt())
	if e.stalled != 0 {
		until = min(until, e.stalled+int64(e.config.SendTimeout))
	}
	return until
}

// drain hands out all events that there are. An error of the session ends the
// connection.
func (e *Engine) drain() {
	for {
		ev, err := e.session.Next(e.now)
		if err != nil && e.conn != nil {
			e.lose(err)
			return
		}
		if ev == nil {
			return
		}
		e.hand(ev)
		if e.failed != nil {
			err, e.failed = e.failed, nil
			e.lose(err)
			return
		}
	}
}

// flush writes what is unsent, as far as the socket takes it.
func (e *Engine) flush() {
	if e.conn == nil {
		return
	}
	err := e.failed
	if e.failed = nil; err == nil {
		err = e.push()
	}
	if err != nil {
		e.lose(err)
	}
}

// push is flush for whoever may not lose the connection.
func (e *Engine) push() error {
	for {
		unsent := e.session.Pending()
		if len(unsent) == 0 {
			break
		}
		e.stats.UnsentPeak = max(e.stats.UnsentPeak, len(unsent))
		n, err := e.conn.write(unsent)
		e.stats.BytesOut += uint64(n)
		e.session.Written(n)
		if n > 0 {
			e.stalled = 0
		}
		if err != nil {
			return err
		}
		if n < len(unsent) {
			return e.stall()
		}
	}
	if err := e.conn.flush(); err != nil {
		return err
	}
	if e.conn.unsent() {
		return e.stall()
	}
	e.stalled = 0
	return nil
}

// stall notes since when the socket takes nothing, and gives it up after a while.
func (e *Engine) stall() error {
	if e.stalled == 0 {
		e.stalled = e.now
	} else if e.now-e.stalled >= int64(e.config.SendTimeout) {
		return ErrSendStalled
	}
	return nil
}

// connect starts an attempt to open a connection.
func (e *Engine) connect() {
	if err := e.session.Connecting(e.now); err != nil {
		e.end(err)
		return
	}
	e.dial()
	e.drain()
}

// opened takes the result of the attempt.
func (e *Engine) opened(d dialed) {
	e.readClock()
	e.phase, e.retryAt = phaseResting, never
	switch {
	case d.panicked != nil:
		e.handlePanic(d.panicked)
	case d.err != nil:
		e.lose(d.err)
	case e.shutdown.step == shutdownLoggingOut: // too late: nobody is logged in any more
		d.close()
		e.lose(ErrNotConfirmed)
	default:
		e.phase, e.conn, e.stalled, e.restoring = phaseConnected, d.conn, 0, true
		e.stats.Connected++
		e.sleeper.Store(&sleeper{wake: d.conn.wake})
		if err := e.login(d); err != nil {
			e.lose(err)
			return
		}
		e.drain()
	}
}

// lose ends the connection, hands out what became of it and of what was sent on
// it, and decides what is next.
func (e *Engine) lose(cause error) {
	cause = e.unanswered(cause)
	e.hangUp(cause)
	if e.phase == phaseEnded {
		return
	}
	e.comeBack(cause)
}

// hangUp closes the connection, if there is one, and hands out the events that
// follow from its end.
func (e *Engine) hangUp(cause error) {
	if e.conn != nil {
		_ = e.conn.close() // it is of no use any more, whatever it says
		e.conn = nil
	}
	e.phase, e.retryAt = phaseResting, never
	e.sleeper.Store(&sleeper{wake: e.wakeIdle})
	e.lastCause = cause
	if e.session.State() != session.Disconnected {
		e.stats.Lost[CauseOf(cause)]++
	}
	e.session.Lost(e.now, cause)
	e.drain()
}

// comeBack decides, without a connection, when to try again or that there is no
// use in it.
func (e *Engine) comeBack(cause error) {
	at, ok := int64(never), false
	switch e.shutdown.step {
	case shutdownNone:
		at, ok = e.backoff.next(e.now, cause)
	case shutdownCancelling:
		e.shutdown.err = cause
		at, ok = e.backoff.next(e.now, cause)
		ok = ok && at < e.shutdown.deadline
	case shutdownLoggingOut:
	}
	if !ok {
		e.end(cause)
		return
	}
	e.phase, e.retryAt = phaseResting, at
	e.log.say(record{at: e.now, level: slog.LevelInfo, text: "connects again", pause: time.Duration(at - e.now)})
}

// hear acts on what Stop, Close and the context have asked for since it last
// looked.
func (e *Engine) hear() {
	asked := e.requests.Load()
	fresh := asked &^ e.heard
	if fresh == 0 {
		return
	}
	e.heard = asked
	e.readClock()
	switch {
	case asked&requestClose != 0:
		e.end(ErrClosed)
	default:
		e.stop()
	}
}

// unheard is what has been asked for and not acted on.
func (e *Engine) unheard() uint32 { return e.requests.Load() &^ e.heard }

// end gives everything back. Handlers hear of the connection's end first. cause is
// what ended the connection, or the wait for one, nil if there never was either.
func (e *Engine) end(cause error) {
	if e.phase == phaseEnded {
		return
	}
	e.timeHandlers()
	e.stopping, e.ending = true, true
	if e.phase == phaseDialing {
		e.giveUpDialing(dialPatience)
	}
	e.hangUp(cause)
	if !e.confirmed {
		e.resumption = e.session.Resumption()
	}
	// Nothing is resumed any more: what is still open is told now.
	if err := e.session.Forget(); err != nil {
		panic("BUG: engine: " + err.Error() + " after the connection ended")
	}
	e.drain()
	e.phase = phaseEnded
	outcome := e.verdict(cause)
	e.outcome = outcome
	e.ended.Store(true)
	e.refuseSubmitted()
	e.timeHandlers()
	e.publish()
	if err := e.session.Close(); err != nil {
		e.outcome = errors.Join(outcome, err)
	}
	e.log.say(record{at: e.now, level: endLevel(outcome), text: "engine ended", err: outcome})
	e.log.close()
}
