package gateway

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// login handles the first message of a connection.
func (c *Conn) login(m *msg.Payload) {
	g := c.gateway
	eto := m.GetEtoPayload()
	if m.GetType() == msg.PayloadEto && eto.GetType() == msg.EtoPayloadLogout {
		c.confirmLogout()
		return
	}
	if m.GetType() != msg.PayloadLogin || eto.GetType() != msg.EtoPayloadLogin {
		c.logout(msg.EtoLogoutLoginNotFirstSeq)
		return
	}
	if g.refuseReason != 0 {
		c.logout(g.refuseReason)
		return
	}
	identity, ok := g.authenticate(m.GetLogin())
	switch {
	case !ok:
		c.logout(msg.EtoLogoutUnauthorised)
		return
	case identity.Unverified:
		c.logout(msg.EtoLogoutUnverified)
		return
	}
	name := eto.GetLogin().GetSession()
	if len(name) == 0 {
		c.startSession(eto.GetSeq(), identity, m.GetLogin())
		return
	}
	c.resume(eto.GetSeq(), identity, string(name))
}

// authenticate returns the account of a login. A token takes precedence over a password.
func (g *Gateway) authenticate(l *msg.Login) (exchange.Identity, bool) {
	if max(len(l.GetCookie()), len(l.GetUsername()), len(l.GetPassword())) > usernameMax {
		return exchange.Identity{}, false
	}
	if l.HasCookie() {
		return g.exchange.ByToken(l.GetCookie())
	}
	return g.exchange.ByPassword(l.GetUsername(), l.GetPassword())
}

// startSession starts a new session.
func (c *Conn) startSession(seq uint64, identity exchange.Identity, l *msg.Login) {
	if seq != 1 {
		c.logout(msg.EtoLogoutLoginNotFirstSeq)
		return
	}
	if c.gateway.isFull(identity.Username) {
		c.logout(msg.EtoLogoutServiceTemporarilyUnavailable)
		return
	}
	s := c.session
	s.username, s.name, s.inSeq = identity.Username, c.gateway.sessionName(), 2
	s.login = c.gateway.exchange.Login(identity.Username, s)
	s.throttle = c.gateway.throttleOf(identity.Username)
	s.bucket.reset(s.throttle, c.gateway.now)
	c.gateway.onLogin(identity.Username)
	s.loginsSeen = c.gateway.logins
	c.state = stateOpen
	c.sendLoginResponse(identity, s.inSeq)

	from := l.GetAccountSequence_64()
	if !l.HasAccountSequence_64() {
		from = uint64(l.GetAccountSequence())
	}
	if l.HasAccountSequence_64() || l.HasAccountSequence() {
		s.login.Replay(from)
	}
}

// isFull reports whether an account has as many connections as it may.
func (g *Gateway) isFull(username string) bool {
	if g.config.ConnectionsOf == nil {
		return false
	}
	limit, n := g.config.ConnectionsOf(username), 0
	for _, c := range g.conns {
		if c.session.username == username {
			n++
		}
	}
	return limit > 0 && n >= limit
}

// pendingResume is a resume that waits for the session's old connection to close.
type pendingResume struct {
	conn     *Conn
	seq      uint64
	identity exchange.Identity
}

// ErrResumed is why a connection ended whose session was resumed on another one.
var ErrResumed = errors.New("sim: the session was resumed on another connection")

// resume continues a disconnected session. If the session still has a connection, that is aborted
// first.
func (c *Conn) resume(seq uint64, identity exchange.Identity, name string) {
	g := c.gateway
	for i, s := range g.detached {
		if s.name == name && s.username == identity.Username && !s.unresumable {
			g.detached = append(g.detached[:i], g.detached[i+1:]...)
			c.attachSession(s, seq, identity)
			return
		}
	}
	for _, old := range g.conns {
		if old.session.name == name && old.session.username == identity.Username &&
			old.successor == nil && !old.session.unresumable && g.config.SessionsKept > 0 {
			old.successor, c.resuming = c, pendingResume{old, seq, identity}
			old.abort(ErrResumed)
			return
		}
	}
	c.logout(msg.EtoLogoutUnknownSession)
}

// continueResume continues a resume once the old connection is closed.
func (c *Conn) continueResume() {
	t := c.resuming
	c.resuming = pendingResume{}
	name := t.conn.session.name
	t.conn.successor = nil
	c.resume(t.seq, t.identity, name)
	c.processInput()
}

// attachSession attaches a session to this connection. The login carries the client's next sequence of
// the session; a replay is requested of what is missing before it.
func (c *Conn) attachSession(s *session, seq uint64, identity exchange.Identity) {
	c.gateway.release(c.session)
	c.gateway.disarm(func(other *session) bool { return other == s })
	c.session, s.conn, s.switchFired, s.loginsSeen = s, c, false, c.gateway.logins
	c.state = stateOpen
	reset := max(s.inSeq, seq+1)
	missing := seq > s.inSeq
	if seq == s.inSeq {
		s.inSeq++
	}
	c.sendLoginResponse(identity, reset)
	if missing {
		c.highestEarly = seq
		c.openGap()
	}
}

// sendLoginResponse sends the answer to a login, and the throttle limits.
func (c *Conn) sendLoginResponse(identity exchange.Identity, reset uint64) {
	s := c.session
	c.heartbeatAt = c.gateway.now + int64(c.gateway.config.HeartbeatInterval)
	s.sendEto(msg.EtoPayloadLoginResponse, kindGapfill, func(e *msg.EtoPayload) {
		r := e.MutableLoginResponse()
		r.SetSessionString(s.name)
		r.SetReset(reset)
		if identity.Email != "" {
			r.SetEmailString(identity.Email)
		}
		r.SetId(identity.ID)
	})
	c.sendThrottleLimits()
}
