package session

import "github.com/smk-go/smk/internal/envelope"

// heartbeat answers one of the peer's, at once: it counts those without an answer.
// A replayed one is history and waits for nothing.
func (s *Session) heartbeat(env envelope.Envelope) {
	s.stats.HeartbeatsIn++
	if env.IsReplay || s.state == LogoutSent {
		return
	}
	s.beat()
}

// beat queues a heartbeat. If there is no room then what fills it is as good a sign
// of life.
func (s *Session) beat() {
	if s.sendBare(envelope.EtoHeartbeat) != nil {
		s.lastSent = s.now
		return
	}
	s.stats.HeartbeatsOut++
}

// pings are our pings that wait for their pongs, which come in the same order.
type pings struct {
	sent [PingsMax]struct {
		seq uint64
		at  int64
	}
	first int
	n     int
}

// Ping asks the exchange for a pong, which comes as an event of kind Pong, and
// returns the sequence it took. The error is ErrNotLoggedIn, ErrFull, ErrPings,
// ErrSequenceSpent or ErrClosed.
func (s *Session) Ping(now int64) (uint64, error) {
	s.clock(now)
	if s.state != Established && s.state != Recovering || s.err != nil {
		return 0, s.refusal()
	}
	p := &s.pings
	if p.n == PingsMax {
		return 0, ErrPings
	}
	seq := s.out
	if err := s.sendBare(envelope.EtoPing); err != nil {
		return 0, err
	}
	ping := &p.sent[(p.first+p.n)%PingsMax]
	ping.seq, ping.at = seq, s.now
	p.n++
	return seq, nil
}

// ponged matches a pong with the oldest ping and makes it the event, unless it is the one
// that catching up waits for.
func (s *Session) ponged(env envelope.Envelope) bool {
	s.event = Event{Kind: Pong, Epoch: s.epoch, Received: s.now, Seq: env.Seq}
	if env.IsReplay {
		s.event.Origin = Replayed
	}
	p := &s.pings
	if p.n == 0 {
		s.stats.Unasked++
		return true
	}
	ping := p.sent[p.first]
	p.first = (p.first + 1) % PingsMax
	p.n--
	if s.catchUp.barrier(ping.seq) {
		s.catchUp.pong = true
		s.passBarrier()
		return false
	}
	s.event.Ping, s.event.RoundTrip = ping.seq, s.now-ping.at
	return true
}

// pong answers a ping of the peer, now or when there is room.
func (s *Session) pong() {
	if s.pongs == debtMax {
		s.stats.Ignored++
		return
	}
	s.pongs++
	s.sendDeferred()
}
