package session

import "math"

// Tick lets time pass: it queues heartbeats, asks again, and gives up. Call it
// when Deadline has come, and Next afterwards. The error is as Next's.
func (s *Session) Tick(now int64) error {
	if s.closed {
		return ErrClosed
	}
	s.clock(now)
	if s.err != nil {
		return s.err
	}
	switch s.state {
	case LoginSent:
		if s.now-s.since >= int64(s.config.LoginTimeout) {
			s.fail(ErrLoginTimeout)
		}
	case LogoutSent:
		if s.now-s.since >= int64(s.config.LogoutTimeout) {
			s.fail(ErrLogoutTimeout)
		}
		s.tickGap()
	case Established, Recovering:
		if s.out > sequenceMax {
			s.fail(ErrSequenceSpent)
		}
		s.tickPeer()
		s.tickGap()
		if s.err == nil && s.now-s.lastSent >= int64(s.config.HeartbeatAfter) {
			s.beat()
		}
	}
	return s.err
}

// tickPeer gives a silent peer up, but not without having asked it for a sign of
// life.
func (s *Session) tickPeer() {
	switch silent := s.now - s.lastHeard; {
	case silent >= int64(s.config.PeerTimeout), s.now-s.lastFrame >= partialTimeouts*int64(s.config.PeerTimeout):
		s.fail(ErrPeerSilent)
	case silent >= s.probeAfter() && s.probed <= s.lastHeard:
		s.probed = s.now
		_, _ = s.Ping(s.now) // without room for it what is queued already asks
	}
}

// probeAfter is the silence after which a ping is sent.
func (s *Session) probeAfter() int64 { return int64(s.config.PeerTimeout) * pingShare / pingShareOf }

// Deadline returns the clock reading at which Tick has something to do, and the
// greatest one if there is nothing to wait for. Bytes and commands may bring it
// forward.
func (s *Session) Deadline() int64 {
	at := int64(math.MaxInt64)
	switch s.state {
	case LoginSent:
		at = s.since + int64(s.config.LoginTimeout)
	case LogoutSent:
		at = s.since + int64(s.config.LogoutTimeout)
	case Established, Recovering:
		at = min(s.lastSent+int64(s.config.HeartbeatAfter), s.lastFrame+partialTimeouts*int64(s.config.PeerTimeout))
		if s.probed <= s.lastHeard {
			at = min(at, s.lastHeard+s.probeAfter())
		} else {
			at = min(at, s.lastHeard+int64(s.config.PeerTimeout))
		}
	}
	if s.gap.open && s.state.LoggedIn() {
		at = min(at, s.gap.deadline)
	}
	if e := s.open.first(); e != nil && s.state.LoggedIn() {
		at = min(at, e.at+int64(s.config.AnswerTimeout))
	}
	return at
}
