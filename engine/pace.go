package engine

import (
	"math"
	"time"
)

// pace bounds what the loop does between two polls of the socket. However much is to be done, the loop returns to
// the socket, to its timers and to other goroutines after sliceTime, or after the one call of the bot's code that
// takes longer; within that, it writes what was sent and runs timers every sliceMessages messages.
//
// It also measures loop delay and lag. The loop delay is the time between two polls, without the time that the
// loop slept in one. The lag is the time from a poll that read bytes to the moment at which everything that the
// socket held was handled.
type pace struct {
	polledAt  int64 // clock reading at the end of the last poll
	sliceEnd  int64 // clock reading at which the slice ends
	sliceLeft int   // messages until the end of this part of the slice
	more      bool  // the session may have more events without being given more bytes
	sendWait  int64 // what is left of sendWaitMax until the next poll
	taken     int   // slots of the submit queue that were taken since it was last empty

	socketEmpty bool  // the last read left nothing in the socket
	behindSince int64 // clock reading since which the loop lags, 0 if it does not
	lagCounted  bool  // that lag was counted

	sendWaitMax int64 // SendWait, 0 if time is virtual

	limit     int64 // Config.LoopDelay, the greatest number if that is off
	sincePoll spent // since the last poll
	sinceLag  spent // since behindSince
}

// spent is the longest time between two readings of the clock, and the call it was spent on.
type spent struct {
	most time.Duration
	on   string
}

// Causes of loop delays and of lags that are no single call.
const (
	causeMany    = "many short calls"
	causeSend    = "a send that waited for the socket"
	causePolling = "time between calls of Poll"
	causeStopped = "the process did not run"
)

func (s *spent) note(took time.Duration, on string) {
	if took > s.most {
		s.most, s.on = took, on
	}
}

// cause returns the call that a time was spent on, if one took half of it, else causeMany.
func (s *spent) cause(total time.Duration) string {
	if s.on == "" || s.most < total/2 {
		return causeMany
	}
	return s.on
}

// beginPoll measures the time since the last poll.
func (e *Engine) beginPoll() {
	d := e.now - e.pace.polledAt
	if d > int64(e.stats.LoopDelayMax) || d >= e.pace.limit {
		e.delayed(time.Duration(d), e.pace.sincePoll.cause(time.Duration(d)))
	}
	e.measured.LoopDelay.Record(e.now - e.measured.polledAt)
}

// endPoll starts a slice. The clock was just read.
func (e *Engine) endPoll() {
	p := &e.pace
	e.measured.polledAt = e.now
	p.polledAt, p.sliceEnd, p.sendWait, p.sincePoll = e.now, e.now+int64(sliceTime), p.sendWaitMax, spent{}
}

// delayed counts a loop delay, and logs a long one.
func (e *Engine) delayed(d time.Duration, cause string) {
	if d > e.stats.LoopDelayMax {
		e.stats.LoopDelayMax, e.stats.LoopDelayCause = d, cause
	}
	if int64(d) >= e.pace.limit {
		e.stats.LoopDelays++
		e.log.delay(e.now, "loop delay", cause, d)
	}
}

// overslept measures how late a sleep ended that was to end at a clock reading.
func (e *Engine) overslept(until int64) {
	if d := e.now - until; until != never && d >= e.pace.limit {
		e.measured.LoopDelay.Record(d)
		e.delayed(time.Duration(d), causeStopped)
		if e.conn.stalled() {
			e.conn.stalledSince += d // the exchange may have been stopped too
		}
	}
}

// resumePoll begins a call of Poll.
func (e *Engine) resumePoll() {
	last := e.now
	e.readClock()
	if e.life.phase == phaseNew || e.config.Clock != nil {
		e.pace.polledAt, e.measured.polledAt = e.now, e.now
		return
	}
	if d := time.Duration(e.now - last); d > e.stats.LoopDelayMax || int64(d) >= e.pace.limit {
		e.delayed(d, causePolling)
	}
	e.pace.polledAt = e.now
}

// pollIdle is the poll without a connection: it sleeps if block is set and nothing is to be done before a clock
// reading.
func (e *Engine) pollIdle(block bool, until int64) {
	e.readClock()
	e.beginPoll()
	if until = min(until, e.timers.due, e.tradingDue(), e.fenceDue()); block && !e.pace.more && e.now < until {
		e.sleep(until)
		e.readClock()
		e.overslept(until)
	}
	e.endPoll()
	e.pace.more = e.drain()
}

// measureLag counts how long the loop has been behind.
func (e *Engine) measureLag() {
	p := &e.pace
	lag := time.Duration(e.now - p.behindSince)
	if lag > e.stats.LagMax {
		e.stats.LagMax, e.stats.LagCause = lag, p.sinceLag.cause(0)
	}
	if int64(lag) >= p.limit {
		if !p.lagCounted {
			p.lagCounted = true
			e.stats.Lags++
		}
		if p.sinceLag.most < lag/2 { // else the delay is logged
			e.log.delay(e.now, "loop lags behind what arrives", p.sinceLag.cause(0), lag)
		}
	}
	if p.socketEmpty && !p.more {
		p.behindSince, p.lagCounted, p.sinceLag = 0, false, spent{}
	}
}

// loopDelayLimit returns Config.LoopDelay as pace compares it.
func loopDelayLimit(d time.Duration) int64 {
	if d < 0 {
		return math.MaxInt64
	}
	return int64(d)
}
