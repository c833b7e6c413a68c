package gateway

import (
	"errors"
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// ErrGap is why a connection ended whose client did not close its gap: it sent nothing of it for 15 s,
// or not all of it within a minute.
var ErrGap = errors.New("sim: the client did not close its gap")

// ErrReplays is why a connection ended whose client requested the same replay too often or for too long.
var ErrReplays = errors.New("sim: the client requested the same replay too often")

// Tick does what is due at now: heartbeats, timeouts, and the release of sessions that were not
// resumed. It returns the clock reading of the next call at the latest.
func (g *Gateway) Tick(now int64) (next int64) {
	g.now = max(g.now, now)
	g.exchange.Advance(g.now)
	next = math.MaxInt64
	for _, c := range g.conns {
		due := c.deadline()
		if due <= g.now {
			c.tick()
			due = c.deadline()
		}
		next = min(next, due)
	}
	next = min(next, g.fireDue())
	for i := 0; i < len(g.detached); {
		s := g.detached[i]
		expires := s.disconnectedAt + int64(g.config.ResumeWindow)
		if g.now >= expires {
			g.release(s)
			g.detached = append(g.detached[:i], g.detached[i+1:]...)
			continue
		}
		next = min(next, expires)
		i++
	}
	return next
}

// tick does what is due on one connection.
func (c *Conn) tick() {
	g := c.gateway
	switch c.state {
	case stateLogin:
		if g.now >= c.openedAt+int64(g.config.LoginTimeout) {
			c.logout(msg.EtoLogoutLoginTimeout)
		}
	case stateOpen:
		c.retryReplay()
		if !c.isClosing() && g.now >= c.heartbeatAt {
			c.sendHeartbeat()
		}
	}
}

// Heartbeat sends a heartbeat now to every client that is logged in, and returns how many there are. A client that has
// received everything before it answers with one of its own; see [Stats].
func (g *Gateway) Heartbeat(now int64) (n int) {
	g.now = max(g.now, now)
	for _, c := range g.conns {
		if c.state == stateOpen {
			c.session.sendEto(msg.EtoPayloadHeartbeat, kindGapfill, nil)
			n++
		}
	}
	return n
}

// sendHeartbeat sends a heartbeat, whatever else is sent, or logs out a client that answered none of
// the last ones. Only heartbeats that were sent count, so time in which the exchange itself stood still
// is not taken for the client's silence.
func (c *Conn) sendHeartbeat() {
	g := c.gateway
	if c.unanswered >= g.config.Heartbeats {
		c.logout(msg.EtoLogoutHeartbeatTimeout)
		g.fire(c.session)
		return
	}
	c.unanswered++
	c.session.sendEto(msg.EtoPayloadHeartbeat, kindGapfill, nil)
	interval := int64(g.config.HeartbeatInterval)
	if c.heartbeatAt += interval; c.heartbeatAt <= g.now {
		c.heartbeatAt = g.now + interval
	}
}

// retryReplay repeats a replay request without progress.
func (c *Conn) retryReplay() {
	now := c.gateway.now
	if c.requests == 0 || now < c.requestedAt+int64(replayRetry) && now < c.gapOpenedAt+int64(gapMax) {
		return
	}
	if c.requests > replayRetriesMax || now >= c.gapOpenedAt+int64(gapMax) {
		c.abort(ErrGap)
		return
	}
	c.requestReplay()
}

// deadline returns when tick has something to do next.
func (c *Conn) deadline() int64 {
	g := c.gateway
	switch c.state {
	case stateLogin:
		return c.openedAt + int64(g.config.LoginTimeout)
	case stateOpen:
		d := c.heartbeatAt
		if c.requests > 0 {
			d = min(d, c.requestedAt+int64(replayRetry), c.gapOpenedAt+int64(gapMax))
		}
		return d
	}
	return math.MaxInt64
}
