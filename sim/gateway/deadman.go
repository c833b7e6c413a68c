package gateway

import (
	"math"
	"time"
)

// deadManSwitch is armed when a session with cancel_all_on_failure disconnects. It outlives the
// session: if the session is released, its orders are cancelled all the same.
//
// The exchange cannot tell a bot that reconnects from another bot of its account, so any new login
// of the account after the session's last message disarms the switch: a live client is in control
// of the orders again. Resuming a session disarms only that session's switch.
type deadManSwitch struct {
	s  *session
	at int64 // when the orders are cancelled
}

// arm arms the switch of a session that disconnected.
func (g *Gateway) arm(s *session) {
	if s.cancelOnFailure && !s.switchFired {
		g.switches = append(g.switches, deadManSwitch{s, g.now + int64(g.config.FailureDelay)})
	}
}

// Arm arms a switch as of a session that another process had: an account's orders are cancelled at a clock reading,
// unless it logs in anew before. at must not be before that of another switch.
func (g *Gateway) Arm(username string, at int64) {
	g.switches = append(g.switches, deadManSwitch{&session{gateway: g, username: username, cancelOnFailure: true}, at})
}

// IsArmed reports whether an account's orders will be cancelled if every connection is lost now.
func (g *Gateway) IsArmed(username string) bool {
	for _, d := range g.switches {
		if d.s.username == username && !g.superseded(d.s) {
			return true
		}
	}
	for _, c := range g.conns {
		if s := c.session; s.username == username && s.cancelOnFailure && !s.switchFired && !g.superseded(s) {
			return true
		}
	}
	return false
}

// FailureDelay returns how long after a disconnect the orders of a session with cancel_all_on_failure are cancelled.
func (g *Gateway) FailureDelay() time.Duration { return g.config.FailureDelay }

// superseded reports whether the account logged in anew after the session's last message.
func (g *Gateway) superseded(s *session) bool { return g.lastLogin[s.username] > s.loginsSeen }

// onLogin records a new login of an account and disarms the account's switches.
func (g *Gateway) onLogin(username string) {
	g.logins++
	g.lastLogin[username] = g.logins
	g.disarm(func(s *session) bool { return s.username == username })
}

// disarm removes the switches of the sessions that match.
func (g *Gateway) disarm(match func(*session) bool) {
	left := g.switches[:0]
	for _, d := range g.switches {
		if !match(d.s) {
			left = append(left, d)
		}
	}
	clear(g.switches[len(left):])
	g.switches = left
}

// fire cancels the orders of a session's account if the session asked for that and the account has
// not logged in anew.
func (g *Gateway) fire(s *session) {
	if s.cancelOnFailure && !s.switchFired && !g.superseded(s) {
		g.exchange.CancelAccount(s.username)
	}
	s.switchFired = true
}

// fireDue fires the switches that are due and returns when the next one is. They are sorted, because
// all of them have the same delay.
func (g *Gateway) fireDue() (next int64) {
	for len(g.switches) > 0 && g.switches[0].at <= g.now {
		s := g.switches[0].s
		g.switches = append(g.switches[:0], g.switches[1:]...)
		g.fire(s)
	}
	if len(g.switches) == 0 {
		return math.MaxInt64
	}
	return g.switches[0].at
}
