package inspect

import "testing"

// TestPauseThatFits: a pause of the collector is a cause only if it can have been in the round trip.
func TestPauseThatFits(t *testing.T) {
	for _, c := range []struct {
		total, pause int64
		cause        string
	}{
		{4_450_000, 14_930_000, CausePeer},
		{10_000_000, 14_930_000, CauseGC}, // its two stops, counted together
		{15_000_000, 14_930_000, CauseGC},
		{29_000_000, 14_930_000, CauseGC},
		{31_000_000, 14_930_000, CausePeer},
		{31_000_000, 0, CausePeer},
	} {
		r := RoundTrip{Total: c.total}
		r.PauseMax, r.Collections = c.pause, 2
		r.out, r.back = &frame{moved: 1}, &frame{moved: 2}
		if r.decide(); r.Cause != c.cause {
			t.Errorf("pause of %d in %d: %s: %s", c.pause, c.total, r.Cause, r.Why)
		}
	}
}
