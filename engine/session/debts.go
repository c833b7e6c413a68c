package session

import "github.com/smk-go/smk/internal/envelope"

// hasDeferred reports whether something is to be sent that found no room.
func (s *Session) hasDeferred() bool {
	return s.pongs > 0 || s.gap.owed || s.serving.active || s.settings || s.catchUp.owed || s.catchUp.cancel
}

// sendDeferred sends of it what there is room for.
func (s *Session) sendDeferred() {
	if !s.state.LoggedIn() || s.err != nil {
		return
	}
	for s.pongs > 0 && s.sendBare(envelope.EtoPong) == nil {
		s.pongs--
	}
	if s.serving.active {
		s.serveMore()
	}
	if s.gap.owed {
		s.askReplay()
	}
	if s.asked {
		return
	}
	if s.catchUp.owed {
		s.sendBarrier()
	}
	if s.settings {
		s.sendSettings()
	}
	if s.catchUp.cancel {
		s.cancelUnsettled()
	}
}
