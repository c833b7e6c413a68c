//go:build !race

package ring

import "testing"

// Nothing that repeats allocates: not the life of a frame, not a refusal, not a
// walk, not a hand-over. The race detector allocates on its own, so this
// file is not part of its build.
func TestNoAllocations(t *testing.T) {
	f := newFrames(t, 4096, 16)
	seq := uint64(0)
	frame := func(keep bool) {
		if _, err := f.Reserve(100); err != nil {
			t.Fatal(err)
		}
		var rec Record
		if keep {
			seq++
			rec.Seq = seq
		}
		f.Commit(100, rec)
	}
	full := newFrames(t, 64, 2)
	if _, err := full.Reserve(60); err != nil {
		t.Fatal(err)
	}
	full.Commit(60, Record{Seq: 1})

	spsc, _ := NewSPSC[work](4)
	mpsc, _ := NewMPSC[work](4)
	fullSPSC, _ := NewSPSC[work](1)
	fullMPSC, _ := NewMPSC[work](1)
	for range 2 {
		fullSPSC.Push(work{})
		fullMPSC.Push(work{})
	}

	var n int
	var refused error
	for _, test := range []struct {
		name string
		f    func()
	}{
		{"Reserve, Commit, Written", func() {
			frame(true)
			frame(false)
			f.Written(1)
			for len(f.Pending()) > 0 {
				f.Written(len(f.Pending()))
			}
		}},
		{"Reserve refused", func() { _, refused = full.Reserve(60) }},
		{"Reserve too large", func() { _, refused = full.Reserve(65) }},
		{"Frame", func() { b, _, _ := f.Frame(f.Oldest()); n += len(b) }},
		{"Range", func() {
			f.Range(f.Newest()-3, func(_ Record, s SentState) bool { n += int(s); return true })
		}},
		{"All", func() {
			for rec, state := range f.All() {
				n += int(rec.Kind) + int(state)
			}
		}},
		{"Drop, Rebase", func() { frame(true); f.Drop(); f.Rebase(seq + 1) }},
		{"SPSC by value", func() { spsc.Push(work{}); v, _ := spsc.Pop(); n += v.n }},
		{"SPSC in place", func() { spsc.Claim().n++; spsc.Publish(); n += spsc.Peek().n; spsc.Release() }},
		{"SPSC refused", func() {
			if fullSPSC.Push(work{}) || fullSPSC.Claim() != nil {
				t.Error("not full")
			}
		}},
		{"MPSC by value", func() { mpsc.Push(work{}); v, _ := mpsc.Pop(); n += v.n }},
		{"MPSC in place", func() {
			ticket, _ := mpsc.Claim()
			ticket.Value().n++
			ticket.Publish()
			n += mpsc.Peek().n
			mpsc.Release()
		}},
		{"MPSC refused", func() {
			if fullMPSC.Push(work{}) {
				t.Error("not full")
			}
		}},
	} {
		if got := testing.AllocsPerRun(1000, test.f); got != 0 {
			t.Errorf("%s: %v allocations, want 0", test.name, got)
		}
	}
	if refused == nil || n == 0 {
		t.Error("nothing was refused or walked")
	}
}
