package prove

import "testing"

// TestJournals trades days with journals and without: nothing that a bot sees or does is another, and each journal
// is replayed to the end.
func TestJournals(t *testing.T) {
	rounds := uint64(0)
	for seed := *from; seed < *from+min(*seeds, journalSeeds); seed++ {
		with, without := New(seed), New(seed)
		with.Journal, without.Journal = true, false
		a, b := Run(with), Run(without)
		if a.Failure != nil && (b.Failure == nil || a.Failure.Invariant != b.Failure.Invariant) {
			t.Errorf("seed %d: %v; without journals %v", seed, a.Failure, b.Failure)
		}
		if a.Digest != b.Digest || a.Messages != b.Messages || a.Sent != b.Sent {
			t.Errorf("seed %d: %+v, without journals %+v", seed, a, b)
		}
		rounds += a.Replayed
	}
	if rounds == 0 {
		t.Error("nothing was replayed")
	}
	t.Logf("%d rounds were replayed", rounds)
}

// TestJournalsOfOthers finds that a replay's bot does not do what it did.
func TestJournalsOfOthers(t *testing.T) {
	s := New(*from)
	s.Journal = true
	w, err := newWorld(s, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.guard(w.day)
	w.guard(w.close)
	found := 0
	for _, b := range w.bots {
		for _, one := range b.scripts {
			one.calls = nil
			result, err := one.rerun()
			if err == nil && result.Difference != nil {
				found++
			}
		}
	}
	if found == 0 {
		t.Error("a replay without what handlers called makes no difference")
	}
}
