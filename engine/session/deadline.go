package session

import (
	"math"
	"time"
)

// setClock takes a reading of the clock.
func (s *Session) setClock(now int64) {
	if now > s.clock.now || s.liveness.unread {
		s.advanceClock(now)
	}
}

// advanceClock is setClock where time has passed or bytes have arrived.
func (s *Session) advanceClock(now int64) {
	if now > s.clock.now {
		if s.recorder != nil {
			s.recorder.advance(now)
		}
		if s.clock.isAbsence(now) {
			s.stats.Away += time.Duration(s.clock.excludeAbsence(now, s.Deadline()))
		}
		s.clock.now = now
	}
	if s.liveness.unread {
		s.liveness.unread, s.liveness.lastByte = false, s.clock.fair()
	}
}

// Deadline returns the clock reading at which Tick has something to do, and the
// greatest one if there is nothing to wait for. Bytes and commands may bring it
// forward.
func (s *Session) Deadline() int64 {
	var at int64 // a fair reading
	switch s.state {
	case LoginSent:
		return s.login.since + int64(s.config.LoginTimeout) + s.clock.away
	case LogoutSent:
		at = s.login.since + int64(s.config.LogoutTimeout)
	case Established, Recovering:
		at = min(s.liveness.due(int64(s.config.PeerTimeout)), s.catchUp.due(s.sequence.gap.open))
	default:
		return math.MaxInt64
	}
	at = min(at, s.sequence.due(), s.account.due) + s.clock.away
	if e := s.requests.open.first(); e != nil {
		at = min(at, e.due(&s.clock, int64(s.config.AnswerTimeout)))
	}
	if s.state != LogoutSent {
		at = min(at, s.outbox.lastSent+int64(s.config.HeartbeatAfter))
	}
	return at
}
