package gateway

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// login handles the first message of a connection, which must be a login.
func (p *Conn) login(m *msg.Payload) {
	h := p.gateway
	eto := m.GetEtoPayload()
	if m.GetType() == msg.PayloadEto && eto.GetType() == msg.EtoPayloadLogout {
		p.confirmLogout()
		return
	}
	if m.GetType() != msg.PayloadLogin || eto.GetType() != msg.EtoPayloadLogin {
		p.logout(msg.EtoLogoutLoginNotFirstSeq)
		return
	}
	if h.refuseReason != 0 {
		p.logout(h.refuseReason)
		return
	}
	identity, ok := h.authenticate(m.GetLogin())
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
		p.startSession(eto.GetSeq(), identity, m.GetLogin())
		return
	}
	p.resume(eto.GetSeq(), identity, string(name))
}

// identify finds the account of a login. A token decides alone.
func (h *Gateway) authenticate(l *msg.Login) (exchange.Identity, bool) {
	if max(len(l.GetCookie()), len(l.GetUsername()), len(l.GetPassword())) > usernameMax {
		return exchange.Identity{}, false
	}
	if l.HasCookie() {
		return h.exchange.ByToken(l.GetCookie())
	}
	return h.exchange.ByPassword(l.GetUsername(), l.GetPassword())
}

// fresh starts a session.
func (p *Conn) startSession(seq uint64, identity exchange.Identity, l *msg.Login) {
	if seq != 1 {
		p.logout(msg.EtoLogoutLoginNotFirstSeq)
		return
	}
	s := p.session
	s.username, s.name, s.inSeq = identity.Username, p.gateway.sessionName(), 2
	s.login = p.gateway.exchange.Login(identity.Username, s)
	s.bucket.reset(p.gateway.config.Throttle, p.gateway.now)
	p.gateway.onLogin(identity.Username)
	s.loginsSeen = p.gateway.logins
	p.state = stateOpen
	p.stats.Messages++
	p.sendLoginResponse(identity, s.inSeq)

	from := l.GetAccountSequence_64()
	if !l.HasAccountSequence_64() {
		from = uint64(l.GetAccountSequence())
	}
	if l.HasAccountSequence_64() || l.HasAccountSequence() {
		s.login.Replay(from)
	}
}

// taken is a resume that waits for the session's old connection to end.
type pendingResume struct {
	conn     *Conn
	seq      uint64
	identity exchange.Identity
}

// ErrResumed is why a connection ended whose session was resumed on another.
var ErrResumed = errors.New("sim: the session was resumed on another connection")

// resume continues a session that lost its connection. If the exchange does not
// know of the loss yet, the old connection is ended first.
func (p *Conn) resume(seq uint64, identity exchange.Identity, name string) {
	h := p.gateway
	for i, s := range h.detached {
		if s.name == name && s.username == identity.Username && !s.unresumable {
			h.detached = append(h.detached[:i], h.detached[i+1:]...)
			p.attachSession(s, seq, identity)
			return
		}
	}
	for _, old := range h.conns {
		if old.session.name == name && old.session.username == identity.Username &&
			old.successor == nil && !old.session.unresumable && h.config.SessionsKept > 0 {
			old.successor, p.resuming = p, pendingResume{old, seq, identity}
			old.abort(ErrResumed)
			return
		}
	}
	p.logout(msg.EtoLogoutUnknownSession)
}

// continueResume goes on with a resume when the old connection has ended.
func (p *Conn) continueResume() {
	t := p.resuming
	p.resuming = pendingResume{}
	name := t.conn.session.name
	t.conn.successor = nil
	p.resume(t.seq, t.identity, name)
	p.processInput()
}

// adopt makes a session this connection's. The login's sequence is the client's
// next in that session: what is missing before it is asked for.
func (p *Conn) attachSession(s *session, seq uint64, identity exchange.Identity) {
	p.gateway.release(p.session)
	p.gateway.disarm(func(other *session) bool { return other == s })
	p.session, s.conn, s.switchFired, s.loginsSeen = s, p, false, p.gateway.logins
	p.state = stateOpen
	p.stats.Messages++
	reset := max(s.inSeq, seq+1)
	missing := seq > s.inSeq
	if seq == s.inSeq {
		s.inSeq++
	}
	p.sendLoginResponse(identity, reset)
	if missing {
		p.ahead = seq
		p.openGap()
	}
}

// welcome sends the login's answer and the limits.
func (p *Conn) sendLoginResponse(identity exchange.Identity, reset uint64) {
	s := p.session
	p.beatAt = p.gateway.now + int64(p.gateway.config.HeartbeatInterval)
	s.sendEto(msg.EtoPayloadLoginResponse, kindGapfill, func(e *msg.EtoPayload) {
		r := e.MutableLoginResponse()
		r.SetSessionString(s.name)
		r.SetReset(reset)
		if identity.Email != "" {
			r.SetEmailString(identity.Email)
		}
		r.SetId(identity.ID)
	})
	p.sendThrottleLimits()
}
