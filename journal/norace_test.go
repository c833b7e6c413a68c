//go:build !race

package journal

import "testing"

// sampled is how far apart the bytes are that damage tests change.
const sampled = 1

// killsUsual is how often a writer is killed without [killsEnv].
const killsUsual = 20

// TestAllocations: neither the loop's end nor the writer allocates.
func TestAllocations(t *testing.T) {
	j, err := Open(Config{Dir: t.TempDir(), SegmentBytes: 256 << 20, RingBytes: 1 << 16, Durability: SyncGroup})
	if err != nil {
		t.Fatal(err)
	}
	r := j.Recorder()
	payload := make([]byte, 100)
	round := func() {
		m := r.Mark()
		r.Append(KindInbound, 0, 1, 2, payload)
		r.Rewind(m)
		r.Append(KindInbound, 0, 1, 2, payload)
		r.Append2(KindRead, 0, 1, 2, 3, 4)
		copy(r.Reserve(KindLog, 0, 1, 2, 50), payload)
		r.Commit()
	}
	if n := testing.AllocsPerRun(20_000, round); n != 0 { // all goroutines', the writer's too
		t.Errorf("%v allocations a round", n)
	}
	closed(t, j)
	if s := j.Stats(); s.Records == 0 || s.Syncs == 0 {
		t.Errorf("the writer did not work: %+v", s)
	}
	one, err := OpenFile(j.writer.seg.path, ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	_, _ = one.Next()
	if n := testing.AllocsPerRun(500, func() { _, _ = one.Next() }); n != 0 {
		t.Errorf("%v allocations a record read", n)
	}
}
