package gateway

import "math"

// deadManSwitch is armed when a session with cancel_all_on_failure loses its connection. It
// outlives the session: one that is not kept any more cancels all the same.
//
// The exchange cannot tell a bot that comes back from another bot of its account, so any new
// login of the account after the session was last heard of disarms it: the orders are in the
// hands of a live client again. Resuming a session disarms that session's switch alone.
type deadManSwitch struct {
	s  *session
	at int64 // when the orders are cancelled
}

// arm arms the switch of a session whose connection is lost.
func (h *Gateway) arm(s *session) {
	if s.cancelOnFailure && !s.switchFired {
		h.switches = append(h.switches, deadManSwitch{s, h.now + int64(h.config.FailureDelay)})
	}
}

// superseded reports whether the account logged in anew after the session was last heard of.
func (h *Gateway) superseded(s *session) bool { return h.lastLogin[s.username] > s.loginsSeen }

// onLogin notes a new login of an account, which disarms its switches: they do not pile up.
func (h *Gateway) onLogin(username string) {
	h.logins++
	h.lastLogin[username] = h.logins
	h.disarm(func(s *session) bool { return s.username == username })
}

// disarm takes out the switches of the sessions that match.
func (h *Gateway) disarm(match func(*session) bool) {
	left := h.switches[:0]
	for _, d := range h.switches {
		if !match(d.s) {
			left = append(left, d)
		}
	}
	clear(h.switches[len(left):])
	h.switches = left
}

// fire cancels the orders of a session's account if the session asked for it and the account
// has not come back.
func (h *Gateway) fire(s *session) {
	if s.cancelOnFailure && !s.switchFired && !h.superseded(s) {
		h.exchange.CancelAccount(s.username)
	}
	s.switchFired = true
}

// fireDue fires the switches whose time has come and returns when the next one's does. They
// are sorted, for all wait equally long.
func (h *Gateway) fireDue() (next int64) {
	for len(h.switches) > 0 && h.switches[0].at <= h.now {
		s := h.switches[0].s
		h.switches = append(h.switches[:0], h.switches[1:]...)
		h.fire(s)
	}
	if len(h.switches) == 0 {
		return math.MaxInt64
	}
	return h.switches[0].at
}
