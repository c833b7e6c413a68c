package session

import (
	"math"
	"testing"
)

func TestSequencerPosition(t *testing.T) {
	for _, next := range []uint64{1, 2, 5000, sequenceMax - GapMax - 2} {
		q := sequencer{next: next}
		for seq, want := range map[uint64]position{
			next - 1: duplicate, next: inOrder, next + 1: ahead, next + GapMax: ahead, next + GapMax + 1: beyondGapMax,
			0: duplicate, math.MaxUint64: beyondGapMax,
		} {
			if got := q.position(seq); got != want {
				t.Errorf("%d, with %d next: %d, want %d", seq, next, got, want)
			}
		}
	}
}

func TestSequencerSpent(t *testing.T) {
	for next, want := range map[uint64]bool{
		1: false, sequenceMax - 1: false, sequenceMax: false, sequenceMax + 1: true, 0: false,
	} {
		if q := (sequencer{next: next}); q.spent() != want {
			t.Errorf("%d: spent %t", next, !want)
		}
	}
}

// TestSequencerOpen keeps nothing of a connection but the sequence of a session that is resumed.
func TestSequencerOpen(t *testing.T) {
	for _, resuming := range []bool{false, true} {
		q := sequencer{next: 7, early: 9}
		q.miss(12, 100)
		q.gap.deferred = true
		q.open(resuming)
		want := sequencer{next: 1}
		if resuming {
			want.next = 7
		}
		if q != want {
			t.Errorf("resuming %t: %+v", resuming, q)
		}
	}
}

// TestSequencerGap has a gap opened, widened, filled in steps and closed.
func TestSequencerGap(t *testing.T) {
	q := sequencer{next: 5}
	if q.due() != math.MaxInt64 || q.overdue(math.MaxInt64-1, 10) != gapWait {
		t.Error("without a gap something is due")
	}
	if !q.miss(8, 100) {
		t.Error("no gap opened")
	}
	if want := (gap{open: true, from: 5, high: 8, deadline: 100}); q.gap != want || q.due() != 100 {
		t.Errorf("%+v", q.gap)
	}
	q.gap.deferred = true
	for seq, high := range map[uint64]uint64{6: 12, 12: 12, 11: 12} {
		q.gap.high = 12
		if q.miss(seq, 500) || q.gap.high != high || q.gap.deadline != 100 || !q.gap.deferred {
			t.Errorf("%d: %+v", seq, q.gap)
		}
	}
	if q.miss(14, 500); q.gap.high != 14 {
		t.Errorf("%+v", q.gap)
	}
	q.gap.failures = 1
	for q.next = 6; q.next <= 14; q.next++ {
		if from, to := q.progress(int64(200 + q.next)); from != 0 || to != 0 {
			t.Errorf("closed before %d: %d-%d", q.next, from, to)
		}
		if q.gap.deadline != int64(200+q.next) || q.gap.failures != 0 || q.gap.from != 5 {
			t.Errorf("before %d: %+v", q.next, q.gap)
		}
	}
	if from, to := q.progress(300); from != 5 || to != 14 || q.gap != (gap{}) {
		t.Errorf("%d-%d, %+v", from, to, q.gap)
	}
}

// TestSequencerOverdue asks once more and gives up at the second deadline in a row, counted anew after each
// progress.
func TestSequencerOverdue(t *testing.T) {
	const timeout = 10
	q := sequencer{next: 5}
	q.miss(9, 100)
	steps := []struct {
		fair int64
		want gapAction
		due  int64
	}{
		{99, gapWait, 100},
		{100, gapAskAgain, 110},
		{109, gapWait, 110},
		{111, gapGiveUp, 110},
	}
	for _, s := range steps {
		if got := q.overdue(s.fair, timeout); got != s.want || q.due() != s.due {
			t.Errorf("at %d: %d, want %d, due at %d", s.fair, got, s.want, q.due())
		}
	}
	q = sequencer{next: 5}
	q.miss(9, 100)
	for range 10 {
		if got := q.overdue(q.due(), timeout); got != gapAskAgain {
			t.Fatalf("after progress: %d", got)
		}
		q.progress(q.due() + timeout)
	}
}
