//go:build !race

package journal

import (
	"runtime"
	"testing"
)

// sampled is how far apart the bytes are that damage tests change.
const sampled = 1

// killsUsual is how often a writer is killed without [killsEnv].
const killsUsual = 20

// TestAllocations: neither the loop's end nor the writer allocates, nor a reader.
func TestAllocations(t *testing.T) {
	const rounds = 20_000
	j, err := Open(Config{
		Dir: t.TempDir(), SegmentBytes: 256 << 20, RingBytes: 1 << 14, Durability: SyncNone, OnFull: FullWait,
	})
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
		r.Append2(KindDigest, 0, 1, 2, 3, 4)
		copy(r.Reserve(KindLog, 0, 1, 2, 50), payload)
		r.Commit()
	}
	round()
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		round()
	}
	runtime.ReadMemStats(&after)
	// The runtime itself allocates now and then, for goroutines that wait; the writer has written many hundred batches.
	if n := after.Mallocs - before.Mallocs; n > 50 {
		t.Errorf("%d allocations in %d rounds", n, rounds)
	}
	closed(t, j)
	if s := j.Stats(); s.Records != 3*rounds+3 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	one, err := OpenFile(j.writer.seg.path, ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	_, _ = one.Next()
	if n := testing.AllocsPerRun(2000, func() { _, _ = one.Next() }); n != 0 {
		t.Errorf("%v allocations a record read", n)
	}
}
