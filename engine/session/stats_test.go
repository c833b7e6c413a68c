package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestStats counts what is returned and what is not.
func TestStats(t *testing.T) {
	k := newEstablished(t, Config{})
	for _, line := range []struct{ seq, text string }{
		{"2", "seto type=99"},
		{"3", "eto type=99"},
		{"4", "market_state market_id=1 state=77"},
		{"5", "PONG"},
		{"6", "LOGIN_RESPONSE session=B"},
		{"7", "HEARTBEAT"},
		{"7", "HEARTBEAT"},
		{"9", "HEARTBEAT"},
		{"8", "market_state market_id=1 state=OPEN is_replay"},
		{"9", "GAPFILL is_replay"},
		{"10", "REPLAY seq=2"},
	} {
		k.feed(frameOf(t, line.seq, line.text))
	}
	k.events()
	want := Stats{Unknown: msg.Unknown{Values: 3}}
	want.MessageStats = MessageStats{
		MessagesIn: 12, MessagesOut: 3, Logins: 1, Duplicates: 1, Discarded: 1, HeartbeatsIn: 1, HeartbeatsOut: 1,
		UnknownTypes: 2, Unasked: 1, Ignored: 1,
	}
	want.ReplayStats = ReplayStats{
		Gaps: 1, ReplaysAsked: 1, Replayed: 1, GapfillsIn: 1, ReplaysServed: 1, GapfillsOut: 2,
	}
	want.ThrottleRate, want.ThrottleBurst = throttleRate, throttleBurst
	if got := k.s.Stats(); got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// TestStatsOfLimits returns the limits that the exchange has sent.
func TestStatsOfLimits(t *testing.T) {
	k := newEstablished(t, Config{})
	k.feed(frameOf(t, "2", "throttle_limits_changed average_rate_ps=30 burst_size=70 tick_ms=100"))
	k.events()
	if s := k.s.Stats(); s.ThrottleRate != 30 || s.ThrottleBurst != 70 {
		t.Errorf("%d a second and %d", s.ThrottleRate, s.ThrottleBurst)
	}
}
