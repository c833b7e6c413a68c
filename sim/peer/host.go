package peer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/core"
	"github.com/smk-go/smk/wire"
)

// ErrConnections is what Accept answers when there are as many connections as
// there may be.
var ErrConnections = errors.New("sim: too many connections")

// Host is the exchange's front door: it takes connections, checks logins, and
// keeps sessions. It belongs to the goroutine that owns the exchange.
type Host struct {
	x      *core.Exchange
	config Config
	limits wire.Limits
	now    int64
	random *rand.Rand

	peers []*Peer    // in the order of Accept
	kept  []*session // without a connection, the one lost first in front
	dirty []*Peer

	switches  []deadManSwitch   // armed, the one that fires first in front
	logins    uint64            // new ones so far
	lastLogin map[string]uint64 // by account: which of them was its latest

	refusal msg.EtoLogoutReason // what logins are answered with; 0 means that they are checked

	payload msg.Payload // reused for every message in
}

// NewHost returns the front door of an exchange. The error names the setting that
// cannot be used.
func NewHost(x *core.Exchange, config Config) (*Host, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	limits, err := wire.Limits{PayloadBytesMax: config.PayloadBytes}.Resolve()
	if err != nil {
		return nil, err
	}
	h := &Host{
		x: x, config: config, limits: limits, now: x.Now(), lastLogin: make(map[string]uint64),
		random: rand.New(rand.NewPCG(config.Seed, 0x5e55_1015)),
	}
	// A size that cannot be had is to be heard of now, not at a connection.
	in, err := wire.NewBufferOnDemand(config.InBytes, limits)
	if err != nil {
		return nil, fmt.Errorf("sim: InBytes: %w", err)
	}
	out, err := h.frames()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sim: OutBytes, OutFrames: %w", err), in.Close())
	}
	return h, errors.Join(in.Close(), out.Close())
}

// Accept takes a connection. The error is [ErrConnections], or says that memory
// cannot be had.
func (h *Host) Accept(now int64) (*Peer, error) {
	if len(h.peers) >= h.config.Connections {
		return nil, ErrConnections
	}
	h.now = max(h.now, now)
	out, err := h.frames()
	if err != nil {
		return nil, err
	}
	in, err := wire.NewBufferOnDemand(h.config.InBytes, h.limits)
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	p := &Peer{host: h, in: in, openedAt: h.now, heardAt: h.now}
	p.s = &session{host: h, peer: p, out: out, next: 1, in: 1}
	h.peers = append(h.peers, p)
	return p, nil
}

// frames returns an empty ring. It costs memory as far as it is used.
func (h *Host) frames() (*ring.Frames, error) {
	return ring.NewFrames(ring.FramesConfig{Bytes: h.config.OutBytes, Records: h.config.OutFrames, OnDemand: true})
}

// forget ends a session for good.
func (h *Host) forget(s *session) {
	if s.exchange != nil {
		s.exchange.Detach()
		s.exchange = nil
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
func (h *Host) keep(s *session) {
	if h.config.SessionsKept == 0 {
		h.forget(s)
		return
	}
	first, n := 0, 0
	for i, other := range h.kept {
		if other.username == s.username {
			if n == 0 {
				first = i
			}
			n++
		}
	}
	if n == h.config.SessionsKept {
		h.forget(h.kept[first])
		h.kept = append(h.kept[:first], h.kept[first+1:]...)
	}
	h.kept = append(h.kept, s)
}

// mark notes that a peer has something to send, or to close for.
func (h *Host) mark(p *Peer) {
	if !p.marked {
		p.marked = true
		h.dirty = append(h.dirty, p)
	}
}

// Dirty calls yield for every peer that got something to send, or a reason to be
// closed, since the last call, in the order in which they did.
func (h *Host) Dirty(yield func(*Peer)) {
	for i := 0; i < len(h.dirty); i++ {
		p := h.dirty[i]
		p.marked = false
		yield(p)
	}
	clear(h.dirty)
	h.dirty = h.dirty[:0]
}

// Connections returns how many there may be at one time.
func (h *Host) Connections() int { return h.config.Connections }

// LoginTimeout returns how long a connection may take to log in.
func (h *Host) LoginTimeout() time.Duration { return h.config.LoginTimeout }

// Peers returns the connections in the order of Accept. The slice belongs to the
// host and is valid until the next Accept or Lost.
func (h *Host) Peers() []*Peer { return h.peers }

// Refuse answers every login from now on with a reason, such as DOWNTIME; 0 lets
// them be checked again. Sessions that are open stay.
func (h *Host) Refuse(reason msg.EtoLogoutReason) { h.refusal = reason }

// LogoutAll ends every session with a reason.
func (h *Host) LogoutAll(now int64, reason msg.EtoLogoutReason) {
	h.now = max(h.now, now)
	for _, p := range h.peers {
		p.logout(reason)
	}
}

// ErrRestart is why connections ended when the exchange was restarted.
var ErrRestart = errors.New("sim: the exchange restarts")

// Restart is what clients see of an exchange that goes down and comes up again with account
// sequences from the beginning: connections end without a word, no session can be resumed, and
// reports are numbered from 1 again; see [core.Exchange.RestartSequences]. Orders, positions, money
// and dead man's switches stay.
func (h *Host) Restart(now int64) {
	h.now = max(h.now, now)
	for _, p := range h.peers {
		p.s.broken = true
		p.fail(ErrRestart)
	}
	for _, s := range h.kept {
		h.forget(s)
	}
	h.kept = h.kept[:0]
	h.x.RestartSequences()
}

// SetThrottle changes the limits and tells every session.
func (h *Host) SetThrottle(now int64, t Throttle) {
	h.now = max(h.now, now)
	h.config.Throttle = t.resolve()
	for _, p := range h.peers {
		if p.state == stateOpen {
			p.s.bucket.change(h.config.Throttle)
			p.tellThrottle()
		}
	}
}

// Close gives back all memory. Peers must not be used any more.
func (h *Host) Close() error {
	for len(h.peers) > 0 {
		p := h.peers[0]
		p.drop()
		h.forget(p.s)
	}
	for _, s := range h.kept {
		h.forget(s)
	}
	h.kept = nil
	return nil
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// sessionName makes up the name of a session.
func (h *Host) sessionName() string {
	var b [sessionNameBytes]byte
	for i := range b {
		b[i] = base62[h.random.IntN(len(base62))]
	}
	return string(b[:])
}
