package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestRefusals decides the reaction to every reason, after others and after time.
func TestRefusals(t *testing.T) {
	never, now, backoff := Policy{}, Policy{Retry: RetryNow}, Policy{Retry: RetryBackoff}
	keep := func(p Policy) Policy { p.KeepSession = true; return p }
	type step struct {
		reason   msg.EtoLogoutReason
		resuming bool
		at       int64
		want     Policy
		alarm    bool
	}
	const beat, slow, first = msg.EtoLogoutHeartbeatTimeout, msg.EtoLogoutLoginTimeout, msg.EtoLogoutLoginNotFirstSeq
	for name, steps := range map[string][]step{
		"none":         {{msg.EtoLogoutNone, false, 0, keep(backoff), false}},
		"confirmation": {{msg.EtoLogoutConfirmation, false, 0, keep(backoff), false}},
		"unavailable":  {{msg.EtoLogoutServiceTemporarilyUnavailable, false, 0, keep(backoff), false}},
		"downtime":     {{msg.EtoLogoutDowntime, false, 0, keep(backoff), false}},
		"unknown":      {{99, false, 0, keep(backoff), false}},
		"unauthorised": {{msg.EtoLogoutUnauthorised, true, 0, never, false}},
		"unverified":   {{msg.EtoLogoutUnverified, false, 0, never, false}},
		"unknown session": {
			{msg.EtoLogoutUnknownSession, true, 0, now, false}, {msg.EtoLogoutUnknownSession, false, 0, backoff, false},
		},
		"not first": {{first, true, 0, now, false}, {first, false, 0, never, false}, {first, false, 0, never, false}},
		"too slow": {
			{slow, false, 0, keep(backoff), false},
			{slow, false, 0, keep(backoff), false},
			{slow, false, 0, keep(backoff), false},
			{slow, false, 0, keep(backoff), false},
			{slow, false, 0, keep(never), false},
		},
		"heartbeats, soon": {
			{beat, false, 1000, keep(now), false},
			{beat, false, 1000 + alarmWithin, keep(backoff), true},
			{beat, false, 1001 + 2*alarmWithin, keep(now), false},
		},
		"heartbeats, late": {
			{beat, false, 1000, keep(now), false}, {beat, false, 1001 + alarmWithin, keep(now), false},
		},
	} {
		var r refusals
		for i, s := range steps {
			e := r.classify(s.reason, false, s.resuming, s.at)
			if e.Policy() != s.want || e.Alarm != s.alarm || e.Reason != s.reason || e.Asked || e.Clean() {
				t.Errorf("%s, %d: %+v, want %+v", name, i, e, s.want)
			}
		}
	}
	// A login that succeeds ends the rows, but not what is known of heartbeats.
	var r refusals
	r.classify(slow, false, false, 0)
	r.classify(first, false, false, 0)
	r.classify(beat, false, false, 500)
	if r.loggedIn(); r != (refusals{heartbeatTimeout: true, at: 500}) {
		t.Errorf("%+v", r)
	}
}

// TestRefusalsOfOurLogout is clean if the exchange confirms our logout, and never a reason to connect again.
func TestRefusalsOfOurLogout(t *testing.T) {
	var r refusals
	for reason := msg.EtoLogoutNone; reason < 12; reason++ {
		e := r.classify(reason, true, false, 0)
		if e.Policy() != (Policy{}) || !e.Asked || e.Alarm || e.Clean() != (reason == msg.EtoLogoutConfirmation) {
			t.Errorf("%v: %+v", reason, e)
		}
	}
	if r != (refusals{}) {
		t.Errorf("%+v", r)
	}
}
