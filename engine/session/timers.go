package session

import "math"

// Tick lets time pass: it queues heartbeats, asks again, and gives up. Call it
// when Deadline has come, and Next afterwards. The error is as Next's.
//
// What the exchange is late with is judged only after Next has returned everything
// that Filled was told of, so give Filled all that the transport holds before; and time
// for which the caller stayed away, because a handler worked or the process was
// stopped, is nobody's silence.
func (s *Session) Tick(now int64) error {
	if s.closed {
		return ErrClosed
	}
	s.clock(now)
	if s.err != nil {
		return s.err
	}
	if s.drained {
		s.judge()
	}
	if (s.state == Established || s.state == Recovering) && s.err == nil {
		if s.out > sequenceMax {
			s.fail(ErrSequenceSpent)
		} else if s.now-s.lastSent >= int64(s.config.HeartbeatAfter) {
			s.beat()
		}
	}
	return s.err
}

// judge looks what the exchange is late with.
func (s *Session) judge() {
	switch s.state {
	case LoginSent:
		if s.fair()-s.since >= int64(s.config.LoginTimeout) {
			s.fail(ErrLoginTimeout)
		}
		return
	case LogoutSent:
		if s.fair()-s.since >= int64(s.config.LogoutTimeout) {
			s.fail(ErrLogoutTimeout)
		}
	case Established, Recovering:
		s.tickPeer()
		if s.catchUp.waiting && !s.gap.open && s.fair() >= s.catchUp.deadline {
			s.passBarrier()
		}
	default:
		return
	}
	s.tickGap()
	s.overdue = true
}

// tickPeer gives a silent peer up, but not without having asked it for a sign of
// life.
func (s *Session) tickPeer() {
	switch silent := s.fair() - s.lastHeard; {
	case silent >= int64(s.config.PeerTimeout), s.fair()-s.lastFrame >= partialTimeouts*int64(s.config.PeerTimeout):
		s.fail(ErrPeerSilent)
	case silent >= s.probeAfter() && s.probed <= s.lastHeard:
		s.probed = s.fair()
		_, _ = s.Ping(s.now) // without room for it what is queued already asks
	}
}

// probeAfter is the silence after which a ping is sent.
func (s *Session) probeAfter() int64 { return int64(s.config.PeerTimeout) * pingShare / pingShareOf }

// Deadline returns the clock reading at which Tick has something to do, and the
// greatest one if there is nothing to wait for. Bytes and commands may bring it
// forward.
func (s *Session) Deadline() int64 {
	at := int64(math.MaxInt64) // a fair reading
	switch s.state {
	case LoginSent:
		at = s.since + int64(s.config.LoginTimeout)
	case LogoutSent:
		at = s.since + int64(s.config.LogoutTimeout)
	case Established, Recovering:
		at = s.lastFrame + partialTimeouts*int64(s.config.PeerTimeout)
		if s.probed <= s.lastHeard {
			at = min(at, s.lastHeard+s.probeAfter())
		} else {
			at = min(at, s.lastHeard+int64(s.config.PeerTimeout))
		}
		if s.catchUp.waiting && !s.gap.open {
			at = min(at, s.catchUp.deadline)
		}
	default:
		return math.MaxInt64
	}
	if s.state != LoginSent {
		if s.gap.open {
			at = min(at, s.gap.deadline)
		}
		if e := s.open.first(); e != nil {
			at = min(at, e.at+int64(s.config.AnswerTimeout))
		}
		at = min(at, s.account.due)
	}
	at += s.away
	if s.state == Established || s.state == Recovering {
		at = min(at, s.lastSent+int64(s.config.HeartbeatAfter))
	}
	return at
}
