package engine

import (
	"context"
	"errors"

	"github.com/smk-go/smk/engine/session"
)

// Run runs the loop. It connects, logs in, calls the handlers, sends, and reconnects
// after lost connections, until ctx ends or Stop is called; then it does with the
// orders what Config.OnStop says, and logs out. Everything that the engine holds is
// released when it returns.
//
// It returns nil if the exchange confirmed all of that: the logout and, where orders
// were to be cancelled, their cancellation, with no order sent before it left without
// an answer. Otherwise it is a *[CancelError] if orders may be live that were to be
// cancelled, ErrNotConfirmed (wrapping what ended the connection) if the logout was
// not confirmed, or both; ErrClosed after Close; a *[PanicError] after a panic in a
// handler; ErrRunning if the loop is running already, and ErrClosed if it has ended
// before with a confirmed logout: an engine runs once; else what ended the session for
// good, such as a refused login: orders are then as they were.
func (e *Engine) Run(ctx context.Context) error {
	if e.config.Clock != nil {
		return ErrVirtual
	}
	if err := e.checkHandlers(); err != nil {
		return err
	}
	if err := e.acquire(); err != nil {
		return err
	}
	defer e.running.Store(false)
	if e.life.phase == phaseEnded && errors.Is(e.life.outcome, ErrLoggedOut) {
		return ErrClosed // a loop around Run must not spin
	}
	if e.life.phase != phaseEnded {
		defer e.endMuted()
		leave, err := e.pinThread()
		if err != nil {
			e.end(err)
			return err
		}
		defer leave()
		defer context.AfterFunc(ctx, e.Stop)()
		e.spin.byPoll = false
		for e.life.phase != phaseEnded {
			e.guarded(e.mayBlock())
		}
	}
	if errors.Is(e.life.outcome, ErrLoggedOut) {
		return nil
	}
	return e.life.outcome
}

// Poll runs one round of the loop: it reads what has arrived, calls the handlers,
// writes what was sent, and does not wait. It is for bots that have a loop of their
// own, and has to be called often enough for the session to stay alive: several
// times a second at least. With a journal, what such a bot does between calls of Poll is done by [Engine.Do].
//
// It returns nil while the engine runs, and from its end on the error of Run, with
// ErrLoggedOut where that is nil.
func (e *Engine) Poll() error {
	if err := e.checkHandlers(); err != nil {
		return err
	}
	if err := e.acquire(); err != nil {
		return err
	}
	e.spin.byPoll = true
	if e.life.phase != phaseEnded {
		returned := false
		defer func() {
			if !returned { // a panic that is no handler's, or a handler that ended the goroutine
				e.endMuted()
				e.running.Store(false)
			}
		}()
		e.guarded(false)
		returned = true
	}
	outcome := e.life.outcome
	e.running.Store(false)
	if outcome == nil && e.requests.closing() {
		// Asked after handleRequests and before Close could become the loop.
		return e.Poll()
	}
	return outcome
}

// acquire makes the caller the loop.
func (e *Engine) acquire() error {
	switch {
	case e.running.CompareAndSwap(false, true):
		return nil
	case e.requests.closing():
		return ErrClosed // by the loop, which may be Close itself
	}
	return ErrRunning
}

// guarded runs a round and recovers the panics of handlers. Other panics are bugs of this package and
// continue.
func (e *Engine) guarded(block bool) {
	if e.tape != nil {
		e.beginTapeRound(block)
		defer e.endTapeRound()
	}
	if e.spin.byPoll {
		e.resumePoll()
	}
	defer func() {
		if e.timing.inHandler {
			e.recovered(recover())
		}
	}()
	e.round(block)
}

// recovered handles a panic in a handler.
func (e *Engine) recovered(value any) {
	if value == nil {
		return // the handler ended the goroutine
	}
	p := newPanicError(e.timing.running(), value)
	e.timing.abort()
	e.handlePanic(p)
}

// handlePanic ends the engine for a panic in one of the bot's functions. A shutdown
// that is under way goes on, without handlers.
func (e *Engine) handlePanic(p *PanicError) {
	if e.life.panicked == nil {
		e.life.panicked = p
	}
	e.readClock()
	e.gate.set(gateMuted | gateStopping)
	if e.life.ending || e.shutdown.step == shutdownNone && !e.config.CancelAllOnPanic {
		e.end(e.life.panicked)
		return
	}
	if e.shutdown.step == shutdownNone {
		e.beginShutdown(true)
	}
	if e.life.undecided() {
		if e.session.State() != session.Disconnected {
			e.life.lastCause = p
		}
		e.disconnect(e.life.lastCause)
	}
	e.proceed()
}

// round does what can be done now; with block it first sleeps until there is something.
func (e *Engine) round(block bool) {
	if e.handleRequests(); e.now-e.published.at >= int64(publishEvery) {
		e.publish()
	}
	if e.fencing.on {
		e.endIfFenced()
	}
	switch e.life.phase {
	case phaseNew:
		e.readClock()
		e.endPoll()
		e.connect()
	case phaseWaiting:
		if e.pollIdle(block, e.life.retryAt); e.now >= e.life.retryAt {
			e.connect()
		}
	case phaseDialing:
		e.pollDialer(block)
	case phaseConnected:
		e.pollConn(block)
	case phaseDisconnected:
		if e.pollIdle(false, past); !e.pace.more {
			e.scheduleReconnect(e.life.lastCause)
		}
	case phaseEnded:
	}
	if e.life.phase != phaseEnded { // else producers refuse by themselves
		if e.timers.due <= e.now {
			e.fireTimers()
		}
		e.takeSubmitted()
		if e.trading != nil {
			e.tickTrading()
		}
		if e.shutdown.step != shutdownNone {
			e.proceed()
		}
		e.flush()
		timed := e.timing.calls > 0
		if e.timeHandlers(); e.measured.unsentSince != 0 { // after what they sent was written
			e.timeWrites(timed)
		}
	}
}
