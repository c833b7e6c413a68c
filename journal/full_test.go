package journal

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
)

// hold lets writes wait until the returned function is called.
func (d *disk) hold() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	gate := make(chan struct{})
	d.gate = gate
	return func() {
		d.mu.Lock()
		d.gate = nil
		d.mu.Unlock()
		close(gate)
	}
}

// TestLost fills the ring while the disk does not answer: the sequence skips exactly what is lost, and a record says
// how many.
func TestLost(t *testing.T) {
	d := newDisk()
	c := small(d, new(testClock))
	c.OnFull = FullCount
	j := open(t, c)
	r := j.Recorder()
	lost, kept := uint64(0), 0
	one := func() (isKept bool) {
		before := r.pos
		add(r, 1)
		isKept = r.pos != before
		if isKept {
			kept++
		} else {
			lost++
		}
		return isKept
	}
	for round := range 20 {
		release := d.hold()
		for range 60 {
			m := r.Mark()
			if one() && round%5 == 3 { // what is dropped is not lost
				kept--
				r.Rewind(m)
				one()
			}
			r.Commit()
		}
		release()
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	release := d.hold()
	for range 3 { // the end is lost, too
		for one() {
			r.Commit()
		}
	}
	if j.Stats().LagBytes == 0 {
		t.Error("no lag")
	}
	release()
	closed(t, j)
	got := readDisk(t, d)
	if got.err != nil || lost < 100 || got.lost != lost || len(got.records) != kept || got.last != r.Seq() {
		t.Errorf("%d records and %d lost, up to %d of %d, want %d and %d: %v", len(got.records), got.lost, got.last,
			r.Seq(), kept, lost, got.err)
	}
	if s := j.Stats(); s.Lost != lost {
		t.Errorf("stats: %+v", s)
	}
}

// TestWait: with FullWait a producer waits for the writer, and nothing is lost.
func TestWait(t *testing.T) {
	d := newDisk()
	j := open(t, small(d, new(testClock)))
	r := j.Recorder()
	release := d.hold()
	go func() {
		for !r.ring.waiting.Load() { // the producer stands at the full ring
			if j.Stats().Failed != nil {
				break
			}
		}
		release()
	}()
	for range 1000 {
		add(r, 1) // never committed by hand
	}
	r.Commit()
	closed(t, j)
	if got := readDisk(t, d); got.err != nil || len(got.records) != 1000 || got.lost != 0 {
		t.Errorf("%d records, %d lost, %v", len(got.records), got.lost, got.err)
	}
}

// TestWaitSeesRoom: room that is given back while the producer commits, before it waits, is not waited for.
func TestWaitSeesRoom(t *testing.T) {
	c := small(nil, nil)
	ring := newRing(c.RingBytes)
	r := newRecorder(&c, ring, 0, new(atomic.Uint64))
	add(r, 20)
	ring.head.Store(r.pos) // the writer has taken all, which claim did not see
	done := make(chan bool)
	go func() { done <- r.awaitRoom() }()
	for !ring.waiting.Load() {
		select {
		case room := <-done:
			if !room {
				t.Error("no room")
			}
			return
		default:
		}
	}
	ring.absent.Store(true)
	for {
		ring.waiting.Store(true)
		ring.admit()
		select {
		case room := <-done:
			if !room {
				t.Error("waited for room that there was")
			}
			return
		default:
		}
	}
}

// TestWaitOften: a producer that is always ahead of the writer meets the full ring in every state.
func TestWaitOften(t *testing.T) {
	for _, durability := range []Durability{SyncNone, SyncGroup} {
		d := newDisk()
		c := small(d, new(testClock))
		c.Durability, c.KeepBytes = durability, 4*segmentBytesMin
		j := open(t, c)
		r := j.Recorder()
		for i := range 60_000 {
			r.Append(KindOutbound, 0, 0, 0, payloadOf(uint64(i%100)))
			if i%7 == 0 {
				r.Commit()
			}
		}
		r.Commit()
		closed(t, j)
		if s := j.Stats(); s.Lost != 0 || s.Records != 60_000 {
			t.Errorf("%+v", s)
		}
	}
}

// TestWaitFailing: nobody waits for a writer whose disk fails.
func TestWaitFailing(t *testing.T) {
	d := newDisk()
	c := small(d, new(testClock))
	c.OnFailure = FailStop
	j := open(t, c)
	d.setFail(func(_ int, op, _ string) error {
		if op == "write" {
			return errDisk
		}
		return nil
	})
	r := j.Recorder()
	for range 10_000 {
		add(r, 1)
		r.Commit()
	}
	if err := j.Close(); err == nil {
		t.Error("closed well")
	}
	if s := j.Stats(); s.Failed == nil || s.Records != 0 {
		t.Errorf("stats: %+v", s)
	}
	if got := readDisk(t, d); got.err != nil || got.lost != 0 {
		t.Errorf("%d records, %v", len(got.records), got.err)
	}
}

// TestSyncEach: each record is durable by itself, and Synced follows.
func TestSyncEach(t *testing.T) {
	d := newDisk()
	c := small(d, new(testClock))
	c.Durability = SyncEach
	j := open(t, c)
	r := j.Recorder()
	add(r, 10)
	r.Commit()
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	if s := j.Stats(); s.Syncs < 10 || s.Synced != 10 || r.Synced() != 10 {
		t.Errorf("stats: %+v", s)
	}
	if got := readDisk(t, d.crash(nil, false)); got.err != nil || !slices.Equal(got.records, []uint64{
		1, 2, 3, 4, 5,
		6, 7, 8, 9, 10,
	}) {
		t.Errorf("after a crash: %+v", got)
	}
	closed(t, j)
}

// TestSyncGroup: what is committed becomes durable by itself.
func TestSyncGroup(t *testing.T) {
	j := open(t, small(newDisk(), new(testClock)))
	r := j.Recorder()
	for range 10 {
		add(r, 3)
		r.Commit()
		for tries := 0; r.Synced() < r.Seq() && tries < 1e8; tries++ {
			runtime.Gosched()
		}
		if r.Synced() != r.Seq() {
			t.Fatalf("synced up to %d of %d", r.Synced(), r.Seq())
		}
	}
	closed(t, j)
}

// TestIntervals: nothing is synced before the interval is over, and never without durability.
func TestIntervals(t *testing.T) {
	for durability, want := range map[Durability]uint64{SyncInterval: 5, SyncNone: 0} {
		d, clock := newDisk(), new(testClock)
		c := small(d, clock)
		c.Durability, c.Interval = durability, 1<<40
		j := open(t, c)
		r := j.Recorder()
		add(r, 5)
		r.Commit()
		for r.ring.wake(); j.Stats().Written < 5; r.ring.wake() {
		}
		if s := j.Stats(); s.Synced != 0 || s.Syncs != 0 {
			t.Errorf("before: %+v", s)
		}
		clock.advance(1 << 41)
		for turn := clock.read(); clock.read() < turn+100; r.ring.wake() {
		}
		for want > 0 && r.Synced() < want {
			r.ring.wake()
		}
		if r.Synced() != want {
			t.Errorf("durability %d: synced up to %d, want %d", durability, r.Synced(), want)
		}
		closed(t, j)
		if r.Synced() != 5 {
			t.Errorf("closed, and synced up to %d", r.Synced())
		}
	}
}
