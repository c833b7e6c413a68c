package engine

import (
	"errors"
	"log/slog"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// pollConn is a round with a connection: read, hand out what came, do what is due.
//
// The session's timers judge what did not arrive, so they run as of a moment before a read
// that found nothing: everything that had arrived by then was handled. If the read finds
// bytes, or if there are some left from before, they do not judge, and heartbeats leave all
// the same.
func (e *Engine) pollConn(block bool) {
	e.flush()
	if e.restoring && e.broken.cause == nil && e.session.State().LoggedIn() {
		if err := e.restore(); err != nil {
			e.fail(err)
		}
	}
	until, deadline := int64(past), e.session.Deadline()
	if block = block && e.mayRest(); block {
		e.readClock() // what follows is sleep
		e.beginPoll()
		if due := e.dueAt(deadline); due > e.now {
			until = due
		}
	}
	asOf := e.now
	n, err := e.poll(until, asOf >= deadline)
	e.readClock()
	switch {
	case until != past:
		e.overslept(until)
	case !block:
		e.beginPoll()
	}
	e.endPoll()
	if n == 0 {
		e.takeSubmitted() // likely what ended the look
		e.flush()
	}
	e.stats.BytesIn += uint64(n)
	e.session.Filled(n)
	if n > 0 && e.pace.behind == 0 {
		e.pace.behind = e.pace.polledAt
	}
	switch {
	case e.broken.cause != nil: // whatever else is wrong
	case err != nil:
		e.broken.cause = err
	case asOf >= deadline:
		if err := e.session.Tick(asOf); err != nil {
			e.disconnect(err)
			return
		}
	}
	e.pace.more = e.drain()
	e.flush() // what the handlers have sent, before anything else
	if e.pace.behind != 0 {
		e.measureLag()
	}
	if e.conn != nil && e.broken.cause != nil && !e.broken.unread && !e.pace.more {
		e.disconnect(e.broken.cause)
	}
}

// mayRest reports whether the loop may sleep in the next poll of the connection: nothing is
// left to be done that it would not be woken for.
func (e *Engine) mayRest() bool {
	return !e.pace.more && e.broken.cause == nil && (e.stalled != 0 || len(e.session.Pending()) == 0)
}

// poll reads from the connection, and sleeps in it until a clock reading unless that is past.
// judged says that it matters if there is nothing.
func (e *Engine) poll(until int64, judged bool) (n int, err error) {
	free := e.session.Free()
	spins := e.conn.CanSpin()
	if len(free) == 0 || e.broken.cause != nil && !e.broken.unread || e.pace.more && !spins {
		return 0, nil // there is no room, or nobody, or no cheap way to look
	}
	full, block := e.stalled != 0, until != past
	if block {
		e.publish()
	}
	if !spins && (e.broken.unread || judged) {
		until = max(until, e.clock.Now()+int64(finalPoll)) // to be sure that it sees what is there
	}
	e.conn.Arm(until, full)
	if block && !e.park() {
		e.conn.Arm(past, full)
	}
	n, err = e.pollSocket(free, block)
	if block {
		e.parked.Store(false)
	}
	if block || n > 0 {
		e.idleLooks = 0
	}
	if e.broken.unread {
		e.broken.heard(n, err, e.clock.Now())
	}
	e.pace.emptied = n < len(free) && !e.conn.Buffered()
	return n, err
}

// dueAt is when the loop has to be awake even if nothing happens.
func (e *Engine) dueAt(deadline int64) int64 {
	until := min(deadline, e.timers.due, e.shutdownAt())
	if e.stalled != 0 {
		until = min(until, e.stalled+int64(e.config.SendTimeout))
	}
	return until
}

// drain hands out events until there are none, and returns false, or until it is time for a
// poll. An error of the session ends the connection; that is told by more events.
func (e *Engine) drain() (more bool) {
	e.timing.begin()
	for begun := e.now; ; begun = e.now {
		for e.pace.left = sliceMessages; e.pace.left > 0; e.pace.left-- {
			ev, err := e.session.Next(e.now)
			if ev != nil {
				e.dispatch(ev)
				continue
			}
			if err != nil && e.conn != nil {
				e.disconnect(err)
				return true
			}
			if !e.session.More() {
				return false
			}
		}
		if e.now < e.pace.until {
			e.betweenSlices(begun)
		}
		if e.now >= e.pace.until || e.pendingRequests() != 0 {
			return true
		}
	}
}

// betweenSlices does amid a backlog what a round does at its end. begun is when the slice
// began: of quick handlers a reading of the clock is recent enough.
func (e *Engine) betweenSlices(begun int64) {
	if e.stalled == 0 && e.conn != nil && len(e.session.Pending()) > 0 {
		e.timeHandlers()
		e.flush()
		e.readClock()
	} else if e.now == begun {
		e.timeHandlers()
		e.readClock()
	}
	if e.timers.due <= e.now {
		e.fireTimers()
	}
	if e.submitted.Peek() != nil {
		e.takeSubmitted()
	}
}

// flush writes what is unsent, as far as the socket takes it.
func (e *Engine) flush() {
	if e.conn == nil || e.broken.cause != nil {
		return
	}
	if err := e.push(); err != nil {
		e.fail(err)
	}
}

// push is flush for whoever deals with errors. It writes a bounded number of bytes: the
// replay that the exchange asked for may be longer than the ring that it goes through.
func (e *Engine) push() error {
	for left := pushBytes; left > 0; {
		unsent := e.session.Pending()
		if len(unsent) == 0 {
			break
		}
		e.stats.UnsentPeak = max(e.stats.UnsentPeak, len(unsent))
		n, err := e.conn.Write(unsent)
		e.stats.BytesOut += uint64(n)
		e.session.Written(n)
		if left -= n; n > 0 || e.conn.Progressed() {
			e.stalled = 0
		}
		if err != nil {
			return err
		}
		if n < len(unsent) {
			return e.stall()
		}
	}
	if err := e.conn.Flush(); err != nil {
		return err
	}
	if e.conn.Unsent() {
		if e.conn.Progressed() {
			e.stalled = 0
		}
		return e.stall()
	}
	e.stalled = 0
	return nil
}

// stall notes since when the socket takes nothing, and gives it up after a while. It reads
// the clock: a handler may have worked since the loop did.
func (e *Engine) stall() error {
	now := e.clock.Now()
	if e.stalled == 0 {
		e.stalled = now
	} else if now-e.stalled >= int64(e.config.SendTimeout) {
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
	e.pace.more = e.drain()
}

// opened takes the result of the attempt.
func (e *Engine) opened(d dialed) {
	e.readClock()
	e.phase, e.retryAt = phaseResting, never
	switch {
	case d.panicked != nil:
		e.handlePanic(d.panicked)
	case d.err != nil:
		e.disconnect(d.err)
	case e.shutdown.step == shutdownLoggingOut: // too late: nobody is logged in any more
		d.close()
		e.disconnect(ErrNotConfirmed)
	default:
		e.phase, e.conn, e.stalled, e.restoring, e.broken = phaseConnected, d.conn, 0, true, broken{}
		e.stats.Connected++
		e.sleeper.Store(&sleeper{wake: d.conn.Wake})
		if err := e.login(d); err != nil {
			e.disconnect(err)
			return
		}
		e.pace.more = e.drain()
	}
}

// fail notes that nothing can be written any more. What the exchange had said before, why it
// hangs up among it, is read and handled before the connection is given up, see exchange.
func (e *Engine) fail(cause error) {
	if e.conn != nil && e.broken.cause == nil {
		e.broken = broken{cause: cause, unread: true, bytes: lastBytes, until: e.clock.Now() + int64(lastTime)}
	}
}

// broken is a connection that cannot be used any more and is not closed yet.
type broken struct {
	cause  error // nil if it is not broken
	unread bool  // the socket may hold bytes
	bytes  int   // how many of them are read, at most
	until  int64 // and until when
}

// heard takes the result of a read.
func (b *broken) heard(n int, err error, now int64) {
	if b.bytes -= n; n == 0 || err != nil || b.bytes <= 0 || now >= b.until {
		b.unread = false
	}
}

// disconnect ends the connection. What became of it and of what was sent on it is told next, and
// then decided what follows.
func (e *Engine) disconnect(cause error) {
	cause = e.unanswered(cause)
	e.closeConn(cause)
	e.lastCause = cause
}

// closeConn closes the connection, if there is one. Events follow from its end.
func (e *Engine) closeConn(cause error) {
	if e.conn != nil {
		_ = e.conn.Close() // it is of no use any more, whatever it says
		e.conn = nil
	}
	e.phase = phaseLost
	e.pace.behind, e.pace.laggard, e.pace.sinceLag = 0, false, spent{}
	e.sleeper.Store(&sleeper{wake: e.wakeIdle})
	e.lastCause = cause
	if e.session.State() != session.Disconnected {
		e.stats.Lost[CauseOf(cause)]++
	}
	e.session.Lost(e.now, cause)
}

// scheduleReconnect decides, without a connection, when to try again or that there is no
// use in it.
func (e *Engine) scheduleReconnect(cause error) {
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

// handleRequests acts on what Stop, Close and the context have asked for since it last
// looked.
func (e *Engine) handleRequests() {
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

// pendingRequests is what has been asked for and not acted on.
func (e *Engine) pendingRequests() uint32 { return e.requests.Load() &^ e.heard }

// end gives everything back. Handlers hear of the connection's end first. cause is
// what ended the connection, or the wait for one, nil if there never was either.
func (e *Engine) end(cause error) {
	if e.phase == phaseEnded {
		return
	}
	e.timeHandlers()
	e.stopping, e.ending = true, true
	e.timers.close()
	if e.phase == phaseDialing {
		e.giveUpDialing(dialPatience)
	}
	e.closeConn(cause)
	if !e.confirmed {
		e.resumption = e.session.Resumption()
	}
	// Nothing is resumed any more: what is still open is told now.
	if err := e.session.Forget(); err != nil {
		panic("BUG: engine: " + err.Error() + " after the connection ended")
	}
	for e.drain() {
	}
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
	close(e.finished)
}
