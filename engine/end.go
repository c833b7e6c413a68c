package engine

import (
	"errors"
	"log/slog"

	"github.com/smk-go/smk/journal"
)

// Stop asks the loop to do with the orders what Config.OnStop says, to log out and to
// end; the end of Run's context does the same. It needs no room in the submit
// queue. From then on new orders are refused with [ErrStopping]; handlers are called
// until the end. Stopping again changes nothing; [Engine.Close] ends at once. Any
// goroutine, any time.
func (e *Engine) Stop() { e.request(requestStop) }

// Leave is Stop with [StopLeave], whatever Config.OnStop says: new orders are refused, the engine logs out, and orders
// stay as they are, for another process that takes the account over. What was sent before is answered before the logout
// is confirmed, so that a nil from Run means that nothing is in doubt for a lost connection. It comes too late if the
// engine stops already. Any goroutine, any time.
func (e *Engine) Leave() { e.request(requestLeave) }

// Done returns a channel that is closed when the engine has ended and everything that it held is released. Any
// goroutine.
func (e *Engine) Done() <-chan struct{} { return e.ended }

// request makes a request and wakes the loop for it.
func (e *Engine) request(bit uint32) {
	e.requests.add(bit)
	e.wake()
}

// Close ends the engine without a logout, if it has not ended yet, and releases its memory. Orders stay as
// they are. While the loop runs, Close asks it to end and waits until it has, so a handler must not wait for
// another goroutine that calls Close. Called by a handler, of any engine, or by a function of Config, Close
// only asks. It returns a *[PanicError] if a handler that it called panicked, else nil. Any goroutine, any
// time; closing again does nothing.
func (e *Engine) Close() error {
	e.request(requestClose)
	if e.running.CompareAndSwap(false, true) {
		defer e.running.Store(false)
		return e.closeNow()
	}
	if !calledBy(loopFunctions) && !calledBy(dialFunctions) {
		<-e.ended
	}
	return nil
}

// closeNow is Close where the caller has become the loop.
func (e *Engine) closeNow() (err error) {
	before := e.life.panicked
	defer func() {
		if e.timing.inHandler {
			e.recovered(recover())
		}
		e.endMuted()
		if e.life.panicked != before {
			err = e.life.outcome
		}
	}()
	if e.life.phase == phaseDialing && calledBy(dialFunctions) { // the attempt cannot end before Close returns
		e.abandonDial(0)
		e.life.phase = phaseWaiting
	}
	e.noteCall(tapeClose)
	e.end(ErrClosed)
	return nil
}

// endMuted ends an engine whose loop does not go on, because of a handler that ended its goroutine or of a
// panic that is no handler's. It calls no code of the bot's.
func (e *Engine) endMuted() {
	if e.life.phase == phaseEnded {
		return
	}
	e.gate.set(gateMuted | gateStopping)
	e.timing.inHandler = false
	if e.trading != nil && e.trading.persist != nil {
		e.trading.persist.skipped = true
	}
	e.log.push(record{
		at: e.now, level: slog.LevelError,
		text: "the loop does not go on: a panic goes through it, or a handler ended its goroutine",
	})
	e.end(ErrClosed)
}

// handleRequests acts on what Halt, Stop, Close and the context have asked for since the last call.
func (e *Engine) handleRequests() {
	if e.requests.pending() == 0 {
		return
	}
	e.readClock()
	if e.requests.halting() {
		e.applyHalt()
	}
	asked := e.requests.take()
	if asked == 0 {
		return
	}
	switch {
	case asked&requestClose != 0:
		e.end(ErrClosed)
	case asked&requestPanic != 0:
		e.handlePanic(e.life.panicked)
	case asked&requestStop != 0:
		e.stop(e.config.OnStop)
	default:
		e.stop(StopLeave)
	}
}

// end releases everything, after handlers were called for the connection's end. cause is
// what ended the connection, or the wait for one, nil if there never was either.
func (e *Engine) end(cause error) {
	if e.life.phase == phaseEnded {
		return
	}
	e.timeHandlers()
	e.gate.set(gateStopping)
	e.life.ending = true
	e.timers.close()
	if e.life.phase == phaseDialing {
		e.abandonDial(dialPatience)
	}
	e.closeConn(cause)
	if !e.life.logoutConfirmed {
		e.life.resumption = e.session.Resumption()
	}
	// Nothing is resumed any more: the fates of what is still open are delivered now.
	if err := e.session.Forget(); err != nil {
		panic("BUG: engine: " + err.Error() + " after the connection ended")
	}
	for e.drain() {
	}
	e.life.phase = phaseEnded
	outcome := e.outcomeOf(cause)
	if err := e.closePersist(); err != nil {
		outcome = joinSaved(outcome, err)
	}
	e.life.outcome = outcome
	e.submitted.close()
	e.timeHandlers()
	e.publish()
	if err := e.session.Close(); err != nil {
		e.life.outcome = errors.Join(outcome, err)
	}
	e.log.push(record{at: e.now, level: endLevel(outcome), text: "engine ended", err: outcome})
	if err := e.closeJournal(true); err != nil && e.config.Journal.OnFailure != journal.FailContinue {
		e.life.outcome = joinSaved(e.life.outcome, err)
	}
	e.log.close()
	close(e.ended)
}
