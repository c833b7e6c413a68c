package engine

// pollConn is a round with a connection: read, hand out what came, do what is due.
//
// The session's timers judge what did not arrive, so they run as of a moment before a read
// that found nothing: everything that had arrived by then was handled. If the read finds
// bytes, or if there are some left from before, they do not judge, and heartbeats leave all
// the same.
func (e *Engine) pollConn(block bool) {
	e.flush()
	if e.gate.has(gateRestoring) && e.conn.failure.cause == nil && e.session.State().LoggedIn() {
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
	case e.conn.failure.cause != nil: // whatever else is wrong
	case err != nil:
		e.conn.failure.cause = err
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
	if e.conn.socket != nil && e.conn.failure.cause != nil && !e.conn.failure.unread && !e.pace.more {
		e.disconnect(e.conn.failure.cause)
	}
}

// mayRest reports whether the loop may sleep in the next poll of the connection: nothing is
// left to be done that it would not be woken for.
func (e *Engine) mayRest() bool {
	return !e.pace.more && e.conn.failure.cause == nil && (e.conn.stalled() || len(e.session.Pending()) == 0)
}

// poll reads from the connection, and sleeps in it until a clock reading unless that is past.
// judged says that it matters if there is nothing.
func (e *Engine) poll(until int64, judged bool) (n int, err error) {
	free := e.session.Free()
	spins := e.conn.socket.CanSpin()
	if len(free) == 0 || e.conn.failure.cause != nil && !e.conn.failure.unread || e.pace.more && !spins {
		return 0, nil // there is no room, or nobody, or no cheap way to look
	}
	full, block := e.conn.stalled(), until != past
	if block {
		e.publish()
	}
	if !spins && (e.conn.failure.unread || judged) {
		until = max(until, e.clock.Now()+int64(finalPoll)) // to be sure that it sees what is there
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
	e.pace.emptied = n < len(free) && !e.conn.socket.Buffered()
	return n, err
}

// dueAt is when the loop has to be awake even if nothing happens.
func (e *Engine) dueAt(deadline int64) int64 {
	until := min(deadline, e.timers.due, e.shutdownAt())
	if e.conn.stalled() {
		until = min(until, e.conn.stalledSince+int64(e.config.SendTimeout))
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
			if err != nil && e.conn.socket != nil {
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
		if e.now >= e.pace.until || e.requests.pending() != 0 {
			return true
		}
	}
}

// betweenSlices does amid a backlog what a round does at its end. begun is when the slice
// began: of quick handlers a reading of the clock is recent enough.
func (e *Engine) betweenSlices(begun int64) {
	if !e.conn.stalled() && e.conn.socket != nil && len(e.session.Pending()) > 0 {
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
	if e.submitted.ring.Peek() != nil {
		e.takeSubmitted()
	}
}
