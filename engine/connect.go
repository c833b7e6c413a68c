package engine

import (
	"log/slog"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// connect starts an attempt to open a connection.
func (e *Engine) connect() {
	if err := e.session.Connecting(e.now); err != nil {
		e.end(err)
		return
	}
	e.dial()
	e.pace.more = e.drain()
}

// pollDialer waits for the result of the attempt, until its deadline at most.
func (e *Engine) pollDialer(block bool) {
	if d, ok := e.dialResult(); ok {
		e.opened(d)
		return
	}
	deadline := e.dialer.attempt.deadline
	e.pollIdle(block, min(deadline, e.shutdownAt()))
	if e.now >= deadline && !e.tape.flag(tapeAwake, len(e.dialer.results) > 0) {
		e.abandonDial(0)
		e.disconnect(&DialError{Address: e.config.Address, Err: errDialerStuck})
	}
}

// opened handles the result of the attempt.
func (e *Engine) opened(d dialResult) {
	e.readClock()
	e.life.phase, e.life.retryAt = phaseWaiting, never
	switch {
	case d.panicked != nil:
		e.handlePanic(d.panicked)
	case d.err != nil:
		e.disconnect(d.err)
	case e.shutdown.step == shutdownLoggingOut: // there is no session left to log out of
		d.close()
		e.disconnect(ErrNotConfirmed)
	default:
		e.life.phase = phaseConnected
		e.conn.open(d.conn)
		e.measured.connected()
		e.gate.set(gateRestoring)
		e.stats.Connected++
		e.parking.sleepIn(d.conn.Wake)
		if err := e.login(d); err != nil {
			e.disconnect(err)
			return
		}
		e.pace.more = e.drain()
	}
}

// login queues the login, with the credentials that the attempt got.
func (e *Engine) login(d dialResult) error {
	if e.config.Credentials != nil {
		if err := e.session.SetCredentials(d.credentials); err != nil {
			return err
		}
	}
	return e.session.Open(e.now)
}

// disconnect ends the connection. Its events, with the fates of what was sent on it, are delivered next;
// then scheduleReconnect decides what follows.
func (e *Engine) disconnect(cause error) {
	cause = e.explainLoss(cause)
	e.closeConn(cause)
	e.life.lastCause = cause
}

// closeConn closes the connection, if there is one. Events follow from its end.
func (e *Engine) closeConn(cause error) {
	if e.fencing.on && e.conn.socket != nil && e.fenced() {
		e.conn.abort() // closing would write what TLS has encrypted already
	}
	e.conn.close()
	if e.trading != nil {
		e.trading.persist.dropIntents()
	}
	e.life.phase = phaseDisconnected
	e.pace.behindSince, e.pace.lagCounted, e.pace.sinceLag = 0, false, spent{}
	e.parking.sleepIn(e.parking.wakeIdle)
	e.life.lastCause = cause
	if e.session.State() != session.Disconnected {
		e.stats.Lost[CauseOf(cause)]++
	}
	e.session.Lost(e.now, cause)
}

// scheduleReconnect decides, without a connection, when to try again or that the engine ends.
func (e *Engine) scheduleReconnect(cause error) {
	at, ok := int64(never), false
	switch e.shutdown.step {
	case shutdownNone:
		at, ok = e.backoff.next(e.now, cause)
	case shutdownCancelling:
		e.shutdown.orders.lastFail = cause
		at, ok = e.backoff.next(e.now, cause)
		ok = ok && at < e.shutdown.deadline
	case shutdownLoggingOut:
	}
	if !ok {
		e.end(cause)
		return
	}
	e.life.phase, e.life.retryAt = phaseWaiting, at
	e.log.push(record{at: e.now, level: slog.LevelInfo, text: "connects again", pause: time.Duration(at - e.now)})
}
