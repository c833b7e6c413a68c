package peer

import (
	"errors"
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// ErrReplay is why a connection ended whose client was asked for a replay and did not close its
// gap: it sent nothing of it for 15 s, or not all of it within a minute.
var ErrReplay = errors.New("sim: the client does not fill its gap")

// ErrReplays is why a connection ended whose client asked again and again for what it was sent.
var ErrReplays = errors.New("sim: the client does not get on with its replays")

// Tick does what is due at now: heartbeats, timeouts, and the end of sessions that
// nobody resumed. It returns when to call again at the latest.
func (h *Host) Tick(now int64) (next int64) {
	h.now = max(h.now, now)
	h.x.Advance(h.now)
	next = math.MaxInt64
	for _, p := range h.peers {
		p.tick()
		next = min(next, p.deadline())
	}
	next = min(next, h.fireDue())
	for i := 0; i < len(h.kept); {
		s := h.kept[i]
		expires := s.lostAt + int64(h.config.ResumeWindow)
		if h.now >= expires {
			h.forget(s)
			h.kept = append(h.kept[:i], h.kept[i+1:]...)
			continue
		}
		next = min(next, expires)
		i++
	}
	return next
}

// tick does what is due on one connection.
func (p *Peer) tick() {
	h := p.host
	switch p.state {
	case stateLogin:
		if h.now >= p.openedAt+int64(h.config.LoginTimeout) {
			p.logout(msg.EtoLogoutLoginTimeout)
		}
	case stateOpen:
		p.tickReplay()
		if !p.stopped() && h.now >= p.beatAt {
			p.beat()
		}
	}
}

// beat sends a heartbeat, on a schedule of its own whatever else is sent, or ends the session
// of a client that answered none of the last ones. Only heartbeats that were sent count: time
// in which the exchange itself stood still is nobody's silence.
func (p *Peer) beat() {
	h := p.host
	if p.heartbeats >= h.config.Heartbeats {
		p.logout(msg.EtoLogoutHeartbeatTimeout)
		h.fire(p.s)
		return
	}
	p.heartbeats++
	p.s.control(msg.EtoPayloadHeartbeat, kindGapfill, nil)
	interval := int64(h.config.HeartbeatInterval)
	if p.beatAt += interval; p.beatAt <= h.now {
		p.beatAt = h.now + interval
	}
}

// tickReplay repeats a request for a replay that is not answered.
func (p *Peer) tickReplay() {
	now := p.host.now
	if p.asked == 0 || now < p.askedAt+int64(replayRetry) && now < p.gapAt+int64(gapMax) {
		return
	}
	if p.asked > replayRetriesMax || now >= p.gapAt+int64(gapMax) {
		p.fail(ErrReplay)
		return
	}
	p.ask()
}

// deadline is when tick has something to do.
func (p *Peer) deadline() int64 {
	h := p.host
	switch p.state {
	case stateLogin:
		return p.openedAt + int64(h.config.LoginTimeout)
	case stateOpen:
		d := p.beatAt
		if p.asked > 0 {
			d = min(d, p.askedAt+int64(replayRetry), p.gapAt+int64(gapMax))
		}
		return d
	}
	return math.MaxInt64
}
