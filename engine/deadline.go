package engine

// Deadline returns the clock reading at which Poll has something to do even if nothing arrives: math.MinInt64 if it has
// now, math.MaxInt64 if there is nothing to wait for. It is for programs that set Config.Clock. Bytes that arrive,
// and what other goroutines submit, call for a Poll at once.
func (e *Engine) Deadline() int64 {
	if t := e.tape; t != nil { // a driver asks as often as it likes
		t.quiet(true)
		due := e.deadline()
		t.quiet(false)
		return due
	}
	return e.deadline()
}

// deadline is Deadline.
func (e *Engine) deadline() int64 {
	if e.pace.more || e.submitted.ring.Len() > 0 || e.requests.pending() != 0 {
		return past
	}
	due := min(e.timers.due, e.tradingDue(), e.shutdownAt(), e.fenceDue())
	switch e.life.phase {
	case phaseWaiting:
		return min(due, e.life.retryAt)
	case phaseConnected:
		if e.conn.failure.cause != nil || !e.maySleep() {
			return past
		}
		if e.conn.stalled() {
			due = min(due, e.conn.stalledSince+int64(e.config.SendTimeout))
		}
		return min(due, e.session.Deadline())
	case phaseEnded:
		return never
	}
	return past
}
