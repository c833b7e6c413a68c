package session

import "github.com/smk-go/smk/internal/marks"

// Tick handles timeouts: it queues heartbeats and replay requests, and gives up. Call it
// at Deadline, and Next afterwards. The error is as Next's.
//
// Timeouts of the exchange are checked only after Next has returned everything that was
// received, so read all that the transport holds before. Time for which the caller called
// no method, because a handler worked or the process was stopped, does not count as
// silence of the exchange.
func (s *Session) Tick(now int64) error {
	if s.closed {
		return ErrClosed
	}
	s.setClock(now)
	if s.err != nil {
		return s.err
	}
	if s.drained {
		s.checkTimeouts()
	}
	if s.canSend() {
		if s.outbox.spent() {
			s.fail(ErrSequenceSpent)
		} else if s.clock.now-s.outbox.lastSent >= int64(s.config.HeartbeatAfter) {
			s.sendHeartbeat()
		}
	}
	return s.err
}

// checkTimeouts decides what the exchange is late with.
func (s *Session) checkTimeouts() {
	fair := s.clock.fair()
	switch s.state {
	case LoginSent:
		if fair-s.login.since >= int64(s.config.LoginTimeout) {
			s.fail(ErrLoginTimeout)
			marks.Hit(marks.LoginTimeout)
		}
		return
	case LogoutSent:
		if fair-s.login.since >= int64(s.config.LogoutTimeout) {
			s.fail(ErrLogoutTimeout)
			marks.Hit(marks.LogoutTimeout)
		}
	case Established, Recovering:
		switch s.liveness.check(fair, int64(s.config.PeerTimeout)) {
		case peerSilent:
			s.fail(ErrPeerSilent)
		case peerProbe:
			_, _ = s.Ping(s.clock.now) // without room for it what is queued already asks
		}
		s.catchUp.overdue(fair, s.sequence.gap.open)
	default:
		return
	}
	switch s.sequence.overdue(fair, int64(s.config.ReplayTimeout)) {
	case gapAskAgain:
		s.requestReplay()
	case gapGiveUp:
		s.fail(ErrReplayTimeout)
	}
	s.overdue = true
}
