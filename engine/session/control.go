package session

import (
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
)

// receiveEarly takes a message before which others are missing.
func (s *Session) receiveEarly(env envelope.Envelope, payload []byte) {
	if s.sequence.position(env.Seq) == beyondGapMax {
		s.violation(env.Seq, ErrGapTooLarge)
		return
	}
	switch {
	case env.EtoType == envelope.EtoReplay:
		marks.Hit(marks.ReplayRequestAhead)
		// The exchange's request comes first, so that two requests do not wait for each other.
		if !s.decode(env, payload) {
			return
		}
		s.serveReplay(s.payload.GetEtoPayload().GetReplay())
	case env.EtoType == envelope.EtoLogout && !env.IsReplay:
		marks.Hit(marks.LogoutAhead)
		s.loggedOut(env, payload)
		return
	}
	s.stats.Discarded++
	s.miss(env.Seq)
}

// sessionMessage takes a session message in its sequence, and reports whether it is an event.
func (s *Session) sessionMessage(env envelope.Envelope, payload []byte) bool {
	switch env.EtoType {
	case envelope.EtoHeartbeat:
		s.advance()
		s.heartbeat(env)
		return false
	case envelope.EtoGapfill:
		s.stats.GapfillsIn++
		marks.Hit(marks.GapfillReceived)
		s.advance()
		return false
	case envelope.EtoPing:
		s.advance()
		s.pinged()
		return false
	case envelope.EtoPong:
		s.advance()
		return s.ponged(env)
	case envelope.EtoReplay:
		if !s.decode(env, payload) {
			return false
		}
		s.advance()
		s.serveReplay(s.payload.GetEtoPayload().GetReplay())
		return false
	case envelope.EtoLogout:
		if !env.IsReplay {
			s.loggedOut(env, payload)
			return false
		}
		s.stats.Ignored++ // the end of an earlier connection
		marks.Hit(marks.LogoutReplayed)
		s.advance()
		return false
	case envelope.EtoLoginResponse:
		s.stats.Ignored++ // only a login is answered
		marks.Hit(marks.LoginResponseAgain)
		s.advance()
		return false
	case envelope.EtoThrottleExceeded:
		s.throttleExceeded(env)
		s.advance()
		return false
	}
	if !s.decode(env, payload) {
		return false
	}
	s.stats.UnknownTypes++
	marks.Hit(marks.UnknownSessionType)
	s.advance()
	s.event = s.decoded(Unknown, env, payload)
	return true
}

// heartbeat answers one of the exchange's, at once: it counts those without an answer.
// A replayed one is history and waits for nothing.
func (s *Session) heartbeat(env envelope.Envelope) {
	s.stats.HeartbeatsIn++
	marks.Hit(marks.HeartbeatIgnored)
	if env.IsReplay || s.state == LogoutSent {
		return
	}
	s.sendHeartbeat()
}

// pinged answers a pinged of the exchange, now or when there is room.
func (s *Session) pinged() {
	if s.liveness.pongs == pongsMax {
		marks.Hit(marks.PongsFull)
		s.stats.Ignored++
		return
	}
	s.liveness.pongs++
	s.sendDeferred()
}

// ponged matches a ponged with the oldest ping and makes it the event, unless it is the one behind the login.
func (s *Session) ponged(env envelope.Envelope) bool {
	s.event = Event{Kind: Pong, Epoch: s.epoch, Received: s.clock.now, Seq: env.Seq}
	if env.IsReplay {
		s.event.Origin = Replayed
	}
	ping, ok := s.liveness.pings.take()
	switch {
	case !ok:
		s.stats.Unasked++
		marks.Hit(marks.PongUnasked)
		return true
	case s.catchUp.ponged(ping.seq):
		return false
	}
	s.event.Ping, s.event.RoundTrip = ping.seq, s.clock.now-ping.at
	return true
}

// throttleExceeded handles a message by which the exchange says that it dropped another. It does not say which,
// so the one that has waited longest for its answer is in doubt.
func (s *Session) throttleExceeded(env envelope.Envelope) {
	s.stats.ThrottleExceeded++
	e := Event{Kind: ThrottleExceeded, Epoch: s.epoch, Received: s.clock.now, Seq: env.Seq}
	if env.IsReplay {
		e.Origin = Replayed // what it spoke of is long gone
		marks.Hit(marks.ThrottleExceededReplayed)
		s.queue.push(e)
		return
	}
	s.throttle.exceeded(s.clock.now)
	marks.Hit(marks.ThrottleExceeded)
	s.queue.push(e)
	if oldest := s.requests.oldestWithoutAnswer(); oldest != nil {
		s.resolve(oldest, InDoubt, ErrThrottleExceeded)
		s.queue.push(s.event)
	}
}
