package engine

import "testing"

// TestFollowRetry: a market that cannot be followed, because nothing can be sent, is tried again soon and not only when
// markets are looked over.
func TestFollowRetry(t *testing.T) {
	e, _ := snapshotOf(t, 1)
	e.now = 1
	f := &e.trading.follow
	f.ready = true
	if e.followMarkets(); len(f.list) != 0 || f.due != e.now+quoteRetry {
		t.Errorf("markets %v are followed; the next try is at %d, want %d", f.list, f.due, e.now+quoteRetry)
	}
	if !f.hasWork(f.due, f.seen) {
		t.Error("nothing is left to do")
	}
}
