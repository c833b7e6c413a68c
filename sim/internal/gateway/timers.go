package gateway

import (
	"errors"
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// ErrGap is why a connection ended whose client was asked for a replay and did not close its
// gap: it sent nothing of it for 15 s, or not all of it within a minute.
var ErrGap = errors.New("sim: the client does not fill its gap")

// ErrReplays is why a connection ended whose client asked again and again for what it was sent.
var ErrReplays = errors.New("sim: the client does not get on with its replays")

// Tick does what is due at now: heartbeats, timeouts, and the end of sessions that
// nobody resumed. It returns when to call again at the latest.
func (h *Gateway) Tick(now int64) (next int64) {
	h.now = max(h.now, now)
	h.exchange.Advance(h.now)
	next = math.MaxInt64
	for _, p := range h.conns {
		p.tick()
		next = min(next, p.deadline())
	}
	next = min(next, h.fireDue())
	for i := 0; i < len(h.detached); {
		s := h.detached[i]
		expires := s.disconnectedAt + int64(h.config.ResumeWindow)
		if h.now >= expires {
			h.release(s)
			h.detached = append(h.detached[:i], h.detached[i+1:]...)
			continue
		}
		next = min(next, expires)
		i++
	}
	return next
}

// tick does what is due on one connection.
func (p *Conn) tick() {
	h := p.gateway
	switch p.state {
	case stateLogin:
		if h.now >= p.openedAt+int64(h.config.LoginTimeout) {
			p.logout(msg.EtoLogoutLoginTimeout)
		}
	case stateOpen:
		p.retryReplay()
		if !p.isClosing() && h.now >= p.beatAt {
			p.sendHeartbeat()
		}
	}
}

// beat sends a heartbeat, on a schedule of its own whatever else is sent, or ends the session
// of a client that answered none of the last ones. Only heartbeats that were sent count: time
// in which the exchange itself stood still is nobody's silence.
func (p *Conn) sendHeartbeat() {
	h := p.gateway
	if p.heartbeats >= h.config.Heartbeats {
		p.logout(msg.EtoLogoutHeartbeatTimeout)
		h.fire(p.session)
		return
	}
	p.heartbeats++
	p.session.sendEto(msg.EtoPayloadHeartbeat, kindGapfill, nil)
	interval := int64(h.config.HeartbeatInterval)
	if p.beatAt += interval; p.beatAt <= h.now {
		p.beatAt = h.now + interval
	}
}

// retryReplay repeats a request for a replay that is not answered.
func (p *Conn) retryReplay() {
	now := p.gateway.now
	if p.asked == 0 || now < p.askedAt+int64(replayRetry) && now < p.gapAt+int64(gapMax) {
		return
	}
	if p.asked > replayRetriesMax || now >= p.gapAt+int64(gapMax) {
		p.abort(ErrGap)
		return
	}
	p.requestReplay()
}

// deadline is when tick has something to do.
func (p *Conn) deadline() int64 {
	h := p.gateway
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
