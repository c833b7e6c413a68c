package peer

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

// login handles the first message of a connection, which must be a login.
func (p *Peer) login(m *msg.Payload) {
	h := p.host
	eto := m.GetEtoPayload()
	if m.GetType() == msg.PayloadEto && eto.GetType() == msg.EtoPayloadLogout {
		p.confirmLogout()
		return
	}
	if m.GetType() != msg.PayloadLogin || eto.GetType() != msg.EtoPayloadLogin {
		p.logout(msg.EtoLogoutLoginNotFirstSeq)
		return
	}
	if h.refusal != 0 {
		p.logout(h.refusal)
		return
	}
	identity, ok := h.identify(m.GetLogin())
	switch {
	case !ok:
		p.logout(msg.EtoLogoutUnauthorised)
		return
	case identity.Unverified:
		p.logout(msg.EtoLogoutUnverified)
		return
	}
	name := eto.GetLogin().GetSession()
	if len(name) == 0 {
		p.fresh(eto.GetSeq(), identity, m.GetLogin())
		return
	}
	p.resume(eto.GetSeq(), identity, string(name))
}

// identify finds the account of a login. A token decides alone.
func (h *Host) identify(l *msg.Login) (core.Identity, bool) {
	if max(len(l.GetCookie()), len(l.GetUsername()), len(l.GetPassword())) > usernameMax {
		return core.Identity{}, false
	}
	if l.HasCookie() {
		return h.x.ByToken(l.GetCookie())
	}
	return h.x.ByPassword(l.GetUsername(), l.GetPassword())
}

// fresh starts a session.
func (p *Peer) fresh(seq uint64, identity core.Identity, l *msg.Login) {
	if seq != 1 {
		p.logout(msg.EtoLogoutLoginNotFirstSeq)
		return
	}
	s := p.s
	s.username, s.name, s.in = identity.Username, p.host.sessionName(), 2
	s.exchange = p.host.x.Attach(identity.Username, s)
	s.bucket.reset(p.host.config.Throttle, p.host.now)
	p.host.loggedIn(identity.Username)
	s.heard = p.host.logins
	p.state = stateOpen
	p.stats.Messages++
	p.welcome(identity, s.in)

	from := l.GetAccountSequence_64()
	if !l.HasAccountSequence_64() {
		from = uint64(l.GetAccountSequence())
	}
	if l.HasAccountSequence_64() || l.HasAccountSequence() {
		s.exchange.Replay(from)
	}
}

// taken is a resume that waits for the session's old connection to end.
type taken struct {
	from     *Peer
	seq      uint64
	identity core.Identity
}

// ErrTakenOver is why a connection ended whose session was resumed on another.
var ErrTakenOver = errors.New("sim: the session was resumed on another connection")

// resume continues a session that lost its connection. If the exchange does not
// know of the loss yet, the old connection is ended first.
func (p *Peer) resume(seq uint64, identity core.Identity, name string) {
	h := p.host
	for i, s := range h.kept {
		if s.name == name && s.username == identity.Username && !s.broken {
			h.kept = append(h.kept[:i], h.kept[i+1:]...)
			p.adopt(s, seq, identity)
			return
		}
	}
	for _, old := range h.peers {
		if old.s.name == name && old.s.username == identity.Username &&
			old.taker == nil && !old.s.broken && h.config.SessionsKept > 0 {
			old.taker, p.taken = p, taken{old, seq, identity}
			old.fail(ErrTakenOver)
			return
		}
	}
	p.logout(msg.EtoLogoutUnknownSession)
}

// takeOver goes on with a resume when the old connection has ended.
func (p *Peer) takeOver() {
	t := p.taken
	p.taken = taken{}
	name := t.from.s.name
	t.from.taker = nil
	p.resume(t.seq, t.identity, name)
	p.drain()
}

// adopt makes a session this connection's. The login's sequence is the client's
// next in that session: what is missing before it is asked for.
func (p *Peer) adopt(s *session, seq uint64, identity core.Identity) {
	p.host.forget(p.s)
	p.host.disarm(func(other *session) bool { return other == s })
	p.s, s.peer, s.fired, s.heard = s, p, false, p.host.logins
	p.state = stateOpen
	p.stats.Messages++
	reset := max(s.in, seq+1)
	missing := seq > s.in
	if seq == s.in {
		s.in++
	}
	p.welcome(identity, reset)
	if missing {
		p.ahead = seq
		p.openGap()
	}
}

// welcome sends the login's answer and the limits.
func (p *Peer) welcome(identity core.Identity, reset uint64) {
	s := p.s
	p.beatAt = p.host.now + int64(p.host.config.HeartbeatInterval)
	s.control(msg.EtoPayloadLoginResponse, kindGapfill, func(e *msg.EtoPayload) {
		r := e.MutableLoginResponse()
		r.SetSessionString(s.name)
		r.SetReset(reset)
		if identity.Email != "" {
			r.SetEmailString(identity.Email)
		}
		r.SetId(identity.ID)
	})
	p.tellThrottle()
}
