package peer

import (
	"errors"
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// ErrReplay is why a connection ended whose client was asked for a replay and did
// not send one.
var ErrReplay = errors.New("sim: the client does not fill its gap")

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
	for i := 0; i < len(h.kept); {
		s := h.kept[i]
		if s.failAt != 0 && h.now >= s.failAt {
			h.fail(s)
		}
		expires := s.lostAt + int64(h.config.ResumeWindow)
		if h.now >= expires {
			h.fail(s)
			h.forget(s)
			h.kept = append(h.kept[:i], h.kept[i+1:]...)
			continue
		}
		next = min(next, expires)
		if s.failAt != 0 {
			next = min(next, s.failAt)
		}
		i++
	}
	return next
}

// tick does what is due on one connection.
func (p *Peer) tick() {
	h := p.host
	interval := int64(h.config.HeartbeatInterval)
	switch p.state {
	case stateLogin:
		if h.now >= p.openedAt+int64(h.config.LoginTimeout) {
			p.logout(msg.EtoLogoutLoginTimeout)
		}
	case stateOpen:
		p.tickReplay()
		if p.stopped() {
			return
		}
		if h.now >= p.heardAt+interval*int64(h.config.Heartbeats+1) {
			p.silent()
			return
		}
		if h.now >= p.sentAt+interval {
			if p.heartbeats >= h.config.Heartbeats {
				p.silent()
				return
			}
			p.heartbeats++
			p.s.control(msg.EtoPayloadHeartbeat, kindGapfill, nil)
		}
	}
}

// silent ends the session of a client that is not heard of any more.
func (p *Peer) silent() {
	p.logout(msg.EtoLogoutHeartbeatTimeout)
	p.host.fail(p.s)
}

// tickReplay repeats a request for a replay that is not answered.
func (p *Peer) tickReplay() {
	if p.asked == 0 || p.host.now < p.askedAt+int64(replayRetry) {
		return
	}
	if p.asked > replayRetriesMax {
		p.fail(ErrReplay)
		return
	}
	p.ask()
}

// deadline is when tick has something to do.
func (p *Peer) deadline() int64 {
	h := p.host
	interval := int64(h.config.HeartbeatInterval)
	switch p.state {
	case stateLogin:
		return p.openedAt + int64(h.config.LoginTimeout)
	case stateOpen:
		d := min(p.sentAt+interval, p.heardAt+interval*int64(h.config.Heartbeats+1))
		if p.asked > 0 {
			d = min(d, p.askedAt+int64(replayRetry))
		}
		return d
	}
	return math.MaxInt64
}
