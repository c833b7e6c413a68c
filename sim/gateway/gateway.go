package gateway

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// ErrTooManyConnections is the error of Accept at the limit of connections.
var ErrTooManyConnections = errors.New("sim: too many connections")

// Gateway accepts connections, authenticates logins, and keeps sessions. It belongs to the goroutine
// that owns the exchange.
type Gateway struct {
	exchange Exchange
	config   Config
	limits   wire.Limits
	now      int64
	source   *rand.PCG
	random   *rand.Rand

	conns    []*Conn    // in the order of Accept
	detached []*session // sessions without a connection, in the order of their disconnects
	dirty    []*Conn

	switches  []deadManSwitch   // armed, in the order in which they fire
	logins    uint64            // new logins so far
	lastLogin map[string]uint64 // by account: the number of its latest new login

	refuseReason msg.EtoLogoutReason // answers every login; 0 means that logins are accepted

	incoming msg.Payload  // reused for every incoming message
	quotes   quotesBuffer // likewise for outgoing ones
	requests requests
}

// New returns the gateway of an exchange. The error names the setting that is invalid.
func New(x Exchange, config Config) (*Gateway, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	limits, err := wire.Limits{PayloadBytesMax: config.PayloadBytes}.Resolve()
	if err != nil {
		return nil, err
	}
	source := rand.NewPCG(config.Seed, 0x5e55_1015)
	g := &Gateway{
		exchange: x, config: config, limits: limits, now: x.Now(), lastLogin: make(map[string]uint64),
		source: source, random: rand.New(source),
	}
	// Fail now, not at the first connection, if the sizes are invalid.
	in, err := wire.NewBufferOnDemand(config.InBytes, limits)
	if err != nil {
		return nil, fmt.Errorf("sim: InBytes: %w", err)
	}
	out, err := g.newRing()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sim: OutBytes, OutFrames: %w", err), in.Close())
	}
	return g, errors.Join(in.Close(), out.Close())
}

// Accept opens a connection. The error is [ErrTooManyConnections], or that of a buffer that could not
// be mapped.
func (g *Gateway) Accept(now int64) (*Conn, error) {
	if len(g.conns) >= g.config.Connections {
		return nil, ErrTooManyConnections
	}
	g.now = max(g.now, now)
	out, err := g.newRing()
	if err != nil {
		return nil, err
	}
	in, err := wire.NewBufferOnDemand(g.config.InBytes, g.limits)
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	c := &Conn{gateway: g, in: in, openedAt: g.now, receivedAt: g.now}
	c.session = &session{gateway: g, conn: c, out: out, outSeq: 1, inSeq: 1}
	g.conns = append(g.conns, c)
	return c, nil
}

// newRing returns an empty send ring, mapped on demand.
func (g *Gateway) newRing() (*ring.SendRing, error) {
	return ring.NewSendRing(ring.SendRingConfig{Bytes: g.config.OutBytes, Records: g.config.OutFrames, OnDemand: true})
}

// release ends a session for good and releases its memory.
func (g *Gateway) release(s *session) {
	if s.login != nil {
		s.login.Logout()
		s.login = nil
	}
	if s.out != nil {
		if err := s.out.Close(); err != nil {
			panic("BUG: sim: " + err.Error())
		}
		s.out = nil
	}
}

// keepSession keeps a disconnected session for a resume. If the account has too many, it releases the
// one that disconnected first.
func (g *Gateway) keepSession(s *session) {
	if g.config.SessionsKept == 0 {
		g.release(s)
		return
	}
	first, n := 0, 0
	for i, other := range g.detached {
		if other.username == s.username {
			if n == 0 {
				first = i
			}
			n++
		}
	}
	if n == g.config.SessionsKept {
		g.release(g.detached[first])
		g.detached = append(g.detached[:first], g.detached[first+1:]...)
	}
	g.detached = append(g.detached, s)
}

// markDirty records that a connection has something to send, or is to be closed.
func (g *Gateway) markDirty(c *Conn) {
	c.changed = true
	if !c.dirty {
		c.dirty = true
		g.dirty = append(g.dirty, c)
	}
}

// Dirty calls yield for every connection that got something to send, or is to be closed, since the
// last call, in that order.
func (g *Gateway) Dirty(yield func(*Conn)) {
	for i := 0; i < len(g.dirty); i++ {
		c := g.dirty[i]
		c.dirty = false
		yield(c)
	}
	clear(g.dirty)
	g.dirty = g.dirty[:0]
}

// Changed reports whether the connection got something to send, or is to be closed, since the last call. It is for
// drivers of few connections, which need not call [Gateway.Dirty].
func (c *Conn) Changed() bool {
	changed := c.changed
	c.changed = false
	return changed
}

// Connections returns the limit of connections.
func (g *Gateway) Connections() int { return g.config.Connections }

// LoginTimeout returns the time from connect to login.
func (g *Gateway) LoginTimeout() time.Duration { return g.config.LoginTimeout }

// RefuseLogins answers every login from now on with a logout of this reason; 0 accepts logins again.
// Open sessions continue.
func (g *Gateway) RefuseLogins(reason msg.EtoLogoutReason) { g.refuseReason = reason }

// LogoutAll logs every client out.
func (g *Gateway) LogoutAll(now int64, reason msg.EtoLogoutReason) {
	g.now = max(g.now, now)
	for _, c := range g.conns {
		c.logout(reason)
	}
}

// ErrRestart is why connections ended when the exchange restarted.
var ErrRestart = errors.New("sim: the exchange restarted")

// DropSessions is what clients see when an exchange crashes and restarts with its state kept: connections end without
// a logout and no session can be resumed. Account sequences go on, and reports, orders, positions, money and dead
// man's switches stay.
func (g *Gateway) DropSessions(now int64) {
	g.now = max(g.now, now)
	for _, c := range g.conns {
		c.session.unresumable = true
		c.abort(ErrRestart)
	}
	for _, s := range g.detached {
		g.release(s)
	}
	g.detached = g.detached[:0]
}

// SetThrottle changes the throttle of every session and sends each the new limits.
func (g *Gateway) SetThrottle(now int64, t Throttle) {
	g.now = max(g.now, now)
	g.config.Throttle = t.resolve()
	for _, c := range g.conns {
		c.session.setThrottle(g.config.Throttle) // also of one that is about to be detached
		if c.state == stateOpen {
			c.sendThrottleLimits()
		}
	}
	for _, s := range g.detached { // the next login sends the limits
		s.setThrottle(g.config.Throttle)
	}
}

// Close releases all memory. Connections must not be used any more.
func (g *Gateway) Close() error {
	for len(g.conns) > 0 {
		c := g.conns[0]
		c.detach()
		g.release(c.session)
	}
	for _, s := range g.detached {
		g.release(s)
	}
	g.detached = nil
	return nil
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// sessionName returns a random name for a session.
func (g *Gateway) sessionName() string {
	var b [sessionNameBytes]byte
	for i := range b {
		b[i] = base62[g.random.IntN(len(base62))]
	}
	return string(b[:])
}
