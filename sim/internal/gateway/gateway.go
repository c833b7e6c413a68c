package gateway

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// ErrTooManyConnections is what Accept answers when there are as many connections as
// there may be.
var ErrTooManyConnections = errors.New("sim: too many connections")

// Gateway is the exchange's front door: it takes connections, checks logins, and
// keeps sessions. It belongs to the goroutine that owns the exchange.
type Gateway struct {
	exchange *exchange.Exchange
	config   Config
	limits   wire.Limits
	now      int64
	random   *rand.Rand

	conns    []*Conn    // in the order of Accept
	detached []*session // without a connection, the one lost first in front
	dirty    []*Conn

	switches  []deadManSwitch   // armed, the one that fires first in front
	logins    uint64            // new ones so far
	lastLogin map[string]uint64 // by account: which of them was its latest

	refuseReason msg.EtoLogoutReason // what logins are answered with; 0 means that they are checked

	incoming msg.Payload // reused for every message in
}

// New returns the front door of an exchange. The error names the setting that
// cannot be used.
func New(x *exchange.Exchange, config Config) (*Gateway, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	limits, err := wire.Limits{PayloadBytesMax: config.PayloadBytes}.Resolve()
	if err != nil {
		return nil, err
	}
	h := &Gateway{
		exchange: x, config: config, limits: limits, now: x.Now(), lastLogin: make(map[string]uint64),
		random: rand.New(rand.NewPCG(config.Seed, 0x5e55_1015)),
	}
	// A size that cannot be had is to be heard of now, not at a connection.
	in, err := wire.NewBufferOnDemand(config.InBytes, limits)
	if err != nil {
		return nil, fmt.Errorf("sim: InBytes: %w", err)
	}
	out, err := h.newRing()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sim: OutBytes, OutFrames: %w", err), in.Close())
	}
	return h, errors.Join(in.Close(), out.Close())
}

// Accept takes a connection. The error is [ErrTooManyConnections], or says that memory
// cannot be had.
func (h *Gateway) Accept(now int64) (*Conn, error) {
	if len(h.conns) >= h.config.Connections {
		return nil, ErrTooManyConnections
	}
	h.now = max(h.now, now)
	out, err := h.newRing()
	if err != nil {
		return nil, err
	}
	in, err := wire.NewBufferOnDemand(h.config.InBytes, h.limits)
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	p := &Conn{gateway: h, in: in, openedAt: h.now, receivedAt: h.now}
	p.session = &session{gateway: h, conn: p, out: out, outSeq: 1, inSeq: 1}
	h.conns = append(h.conns, p)
	return p, nil
}

// frames returns an empty ring. It costs memory as far as it is used.
func (h *Gateway) newRing() (*ring.Frames, error) {
	return ring.NewFrames(ring.FramesConfig{Bytes: h.config.OutBytes, Records: h.config.OutFrames, OnDemand: true})
}

// forget ends a session for good.
func (h *Gateway) release(s *session) {
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

// keep keeps a session without a connection for a resume, and lets go of the one of its account
// that was lost first if the account has too many.
func (h *Gateway) keepSession(s *session) {
	if h.config.SessionsKept == 0 {
		h.release(s)
		return
	}
	first, n := 0, 0
	for i, other := range h.detached {
		if other.username == s.username {
			if n == 0 {
				first = i
			}
			n++
		}
	}
	if n == h.config.SessionsKept {
		h.release(h.detached[first])
		h.detached = append(h.detached[:first], h.detached[first+1:]...)
	}
	h.detached = append(h.detached, s)
}

// mark notes that a peer has something to send, or to close for.
func (h *Gateway) markDirty(p *Conn) {
	if !p.dirty {
		p.dirty = true
		h.dirty = append(h.dirty, p)
	}
}

// Dirty calls yield for every peer that got something to send, or a reason to be
// closed, since the last call, in the order in which they did.
func (h *Gateway) Dirty(yield func(*Conn)) {
	for i := 0; i < len(h.dirty); i++ {
		p := h.dirty[i]
		p.dirty = false
		yield(p)
	}
	clear(h.dirty)
	h.dirty = h.dirty[:0]
}

// Connections returns how many there may be at one time.
func (h *Gateway) Connections() int { return h.config.Connections }

// LoginTimeout returns how long a connection may take to log in.
func (h *Gateway) LoginTimeout() time.Duration { return h.config.LoginTimeout }

// Conns returns the connections in the order of Accept. The slice belongs to the
// host and is valid until the next Accept or Disconnected.
func (h *Gateway) Conns() []*Conn { return h.conns }

// RefuseLogins answers every login from now on with a reason, such as DOWNTIME; 0 lets
// them be checked again. Sessions that are open stay.
func (h *Gateway) RefuseLogins(reason msg.EtoLogoutReason) { h.refuseReason = reason }

// LogoutAll ends every session with a reason.
func (h *Gateway) LogoutAll(now int64, reason msg.EtoLogoutReason) {
	h.now = max(h.now, now)
	for _, p := range h.conns {
		p.logout(reason)
	}
}

// ErrRestart is why connections ended when the exchange was restarted.
var ErrRestart = errors.New("sim: the exchange restarts")

// Restart is what clients see of an exchange that goes down and comes up again with account
// sequences from the beginning: connections end without a word, no session can be resumed, and
// reports are numbered from 1 again; see [exchange.Exchange.RestartSequences]. Orders, positions, money
// and dead man's switches stay.
func (h *Gateway) Restart(now int64) {
	h.now = max(h.now, now)
	for _, p := range h.conns {
		p.session.unresumable = true
		p.abort(ErrRestart)
	}
	for _, s := range h.detached {
		h.release(s)
	}
	h.detached = h.detached[:0]
	h.exchange.RestartSequences()
}

// SetThrottle changes the limits and tells every session.
func (h *Gateway) SetThrottle(now int64, t Throttle) {
	h.now = max(h.now, now)
	h.config.Throttle = t.resolve()
	for _, p := range h.conns {
		if p.state == stateOpen {
			p.session.bucket.setLimits(h.config.Throttle)
			p.sendThrottleLimits()
		}
	}
}

// Close gives back all memory. Conns must not be used any more.
func (h *Gateway) Close() error {
	for len(h.conns) > 0 {
		p := h.conns[0]
		p.detach()
		h.release(p.session)
	}
	for _, s := range h.detached {
		h.release(s)
	}
	h.detached = nil
	return nil
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// sessionName makes up the name of a session.
func (h *Gateway) sessionName() string {
	var b [sessionNameBytes]byte
	for i := range b {
		b[i] = base62[h.random.IntN(len(base62))]
	}
	return string(b[:])
}
