package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
)

// hasDeferred reports whether something waits for room in the send ring.
func (s *Session) hasDeferred() bool {
	return s.liveness.pongs > 0 || s.sequence.gap.deferred || s.resender.active || s.login.settings.deferred ||
		s.catchUp.pingDeferred || s.catchUp.cancelDeferred
}

// sendDeferred sends of that what there is room for.
func (s *Session) sendDeferred() {
	if !s.state.LoggedIn() || s.err != nil {
		return
	}
	for s.liveness.pongs > 0 && s.outbox.sendBare(s.clock.now, envelope.EtoPong) == nil {
		s.liveness.pongs--
	}
	if s.resender.active {
		marks.Hit(marks.ReplayContinued)
		s.resender.resume(&s.outbox, &s.requests, s.clock.now)
	}
	if s.sequence.gap.deferred {
		marks.Hit(marks.ReplayRequestDeferred)
		s.requestReplay()
	}
	if s.login.logout {
		return
	}
	if s.catchUp.pingDeferred {
		s.sendCatchUpPing()
	}
	if s.login.settings.deferred {
		marks.Hit(marks.SettingsDeferred)
		s.sendSettings()
	}
	if s.catchUp.cancelDeferred {
		s.cancelUnresolved()
	}
}

// sendCatchUpPing sends the ping that marks the end of what the login requested.
func (s *Session) sendCatchUpPing() {
	if seq, err := s.Ping(s.clock.now); err == nil {
		s.catchUp.pinged(seq)
	}
}

// sendSettings sends whether the exchange is to cancel the orders if it receives nothing from us any more.
func (s *Session) sendSettings() {
	settings := s.outbox.control.MutableSettings()
	settings.Reset()
	settings.SetCancelAllOnFailure(s.login.settings.cancelAllOnFailure)
	_, err := s.sendUntracked(msg.PayloadSettings, settings)
	s.login.settings.deferred = err != nil
}

// cancelUnresolved asks the exchange to cancel all orders, now or when there is room.
func (s *Session) cancelUnresolved() {
	var all msg.OrderCancelAll
	keys := all.Keys()
	_, err := s.Send(s.clock.now, &all, &keys)
	s.catchUp.cancelDeferred = err != nil
}

// sendHeartbeat queues a heartbeat. If there is no room then what fills it is as good a sign
// of life.
func (s *Session) sendHeartbeat() {
	if s.outbox.sendBare(s.clock.now, envelope.EtoHeartbeat) != nil {
		s.outbox.lastSent = s.clock.now
		marks.Hit(marks.HeartbeatNoRoom)
		return
	}
	s.stats.HeartbeatsOut++
}
