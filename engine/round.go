package engine

// pollConn runs a round with a connection: it reads, dispatches events, and runs the timers that are due.
//
// The session's timers decide about what did not arrive, so they run as of a moment before a read that found
// nothing: everything that had arrived by then was handled. If the read finds bytes, or if some are left from
// before, they do not decide, and heartbeats are sent all the same.
func (e *Engine) pollConn(block bool) {
	e.flush()
	if e.gate.has(gateRestoring) && e.conn.failure.cause == nil && e.session.State().LoggedIn() {
		if err := e.restore(); err != nil {
			e.writeFailed(err)
		}
	}
	until, deadline := int64(past), e.session.Deadline()
	if block = block && e.maySleep(); block {
		e.readClock() // what follows is sleep
		e.beginPoll()
		if due := e.wakeAt(deadline); due > e.now {
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
		e.takeSubmitted() // likely what ended the poll
		e.flush()
	}
	e.stats.BytesIn += uint64(n)
	e.session.Filled(n)
	if n > 0 && e.pace.behindSince == 0 {
		e.pace.behindSince = e.pace.polledAt
	}
	switch {
	case e.conn.failure.cause != nil: // the first failure counts
	case err != nil:
		e.conn.failure.cause = err
	case asOf >= deadline:
		if err := e.session.Tick(asOf); err != nil {
			e.disconnect(err)
			return
		}
	}
	e.pace.more = e.drain()
	e.measured.ticked(e.session, e.pace.polledAt)
	e.flush() // what the handlers have sent, before anything else
	if e.pace.behindSince != 0 {
		e.measureLag()
	}
	if e.conn.socket != nil && e.conn.failure.cause != nil && !e.conn.failure.unread && !e.pace.more {
		e.disconnect(e.conn.failure.cause)
	}
}

// maySleep reports whether the loop may sleep in the next poll of the connection: nothing is left to do that it
// would not be woken for.
func (e *Engine) maySleep() bool {
	return !e.pace.more && e.conn.failure.cause == nil && (e.conn.stalled() || len(e.session.Pending()) == 0)
}

// poll reads from the connection, and sleeps in it until a clock reading unless that is past. decisive says that
// the session decides what to do if nothing has arrived.
func (e *Engine) poll(until int64, decisive bool) (n int, err error) {
	free := e.session.Free()
	spins := e.conn.socket.CanSpin()
	if len(free) == 0 || e.conn.failure.cause != nil && !e.conn.failure.unread || e.pace.more && !spins {
		return 0, nil // no room, no other end, or no cheap way to poll
	}
	full, block := e.conn.stalled(), until != past
	if block {
		e.publish()
	}
	if !spins && (e.conn.failure.unread || decisive) {
		until = max(until, e.clock.Now()+int64(finalPoll)) // long enough to find what is there
	}
	e.conn.socket.Arm(until, full)
	if block && !e.park() {
		e.conn.socket.Arm(past, full)
	}
	n, err = e.pollSocket(free, block)
	if block {
		e.parking.parked.Store(false)
	}
	if block || n > 0 {
		e.spin.idlePolls = 0
	}
	if e.conn.failure.unread {
		e.conn.failure.read(n, err, e.clock.Now())
	}
	e.pace.socketEmpty = n < len(free) && !e.conn.socket.Buffered()
	return n, err
}

// wakeAt returns the clock reading at which the loop has to be awake even if nothing happens.
func (e *Engine) wakeAt(deadline int64) int64 {
	until := min(deadline, e.timers.due, e.tradingDue(), e.shutdownAt(), e.fenceDue())
	if e.conn.stalled() {
		until = min(until, e.conn.stalledSince+int64(e.config.SendTimeout))
	}
	return until
}

// drain dispatches events until there are none, and returns false, or until it is time for a poll. An error of
// the session ends the connection, which leads to more events.
func (e *Engine) drain() (more bool) {
	e.timing.beginBurst()
	for begun := e.now; ; begun = e.now {
		for e.pace.sliceLeft = sliceMessages; e.pace.sliceLeft > 0; e.pace.sliceLeft-- {
			ev, err := e.session.Next(e.now)
			if ev != nil {
				e.dispatch(ev)
				continue
			}
			if err != nil && e.conn.socket != nil {
				e.disconnect(err)
				return true
			}
			if !e.session.More() {
				return false
			}
		}
		if e.now < e.pace.sliceEnd {
			e.betweenSlices(begun)
		}
		if e.now >= e.pace.sliceEnd || e.requests.pending() != 0 {
			return true
		}
	}
}

// betweenSlices does within a backlog what a round does at its end. begun is the clock reading at which the
// slice began: if handlers have led to a newer one, that is recent enough.
func (e *Engine) betweenSlices(begun int64) {
	e.measured.ticked(e.session, e.pace.polledAt)
	if !e.conn.stalled() && e.conn.socket != nil && len(e.session.Pending()) > 0 {
		e.timeHandlers()
		e.flush()
		if e.readClock(); e.measured.unsentSince != 0 {
			e.timeWrites(true)
		}
	} else if e.now == begun {
		e.timeHandlers()
		e.readClock()
	}
	if e.timers.due <= e.now {
		e.fireTimers()
	}
	if e.trading != nil {
		e.tickTrading()
	}
	if e.submissionPending() {
		e.takeSubmitted()
	}
	e.measured.sentElsewhere(e.session)
}
