package journal

import "time"

// writer empties the ring into segments. It is a goroutine.
type writer struct {
	c        *Config
	ring     *ring
	recorder *Recorder // its losses, once nobody uses it
	count    *counters
	prepare  *preparer
	seg      *segment
	number   uint64 // of the segment
	head     uint32 // the ring's
	expect   uint64 // number of the next record in the file
	drained  uint64 // number of the last record that was taken out of the ring
	offset   int64  // wall clock less Clock
	lastSync int64  // clock reading
	retryAt  int64  // clock reading, while the disk fails
	failing  *DiskError
	outage   bool // Failed was called and the disk has not worked since
	tidyAt   int64
	wakeAt   uint32 // as the Recorder's
	gc       *gcWatch
	scratch  []byte
	requests chan chan error // of Sync
	stop     chan struct{}
	done     chan struct{}
	result   error
}

// newWriter begins a segment behind what is there.
func newWriter(c *Config, j *Journal, end recovered) (*writer, error) {
	w := &writer{
		c: c, ring: j.ring, recorder: j.recorder, count: j.count, wakeAt: j.recorder.wakeAt,
		expect: end.seq + 1, drained: end.seq, number: end.number, outage: true, // Open returns the error
		scratch:  make([]byte, header, ownSizeMax),
		requests: make(chan chan error), stop: make(chan struct{}), done: make(chan struct{}),
	}
	now := w.readClocks()
	w.lastSync = now
	w.gc = newGCWatch(now)
	seg, err := createSegment(c.FS, c.Dir, end.number+1, int64(c.SegmentBytes), now+w.offset)
	if err != nil {
		return nil, err
	}
	if w.begin(seg); w.failing != nil {
		_ = seg.file.Close()
		return nil, w.failing
	}
	w.outage = false
	keep := &retention{
		fs: c.FS, dir: c.Dir, bytes: c.KeepBytes, age: int64(c.KeepFor), created: make(map[uint64]int64),
	}
	w.prepare = newPreparer(keep, int64(c.SegmentBytes))
	return w, nil
}

func (w *writer) run() {
	defer close(w.done)
	pause := time.NewTimer(w.c.Pause)
	defer pause.Stop()
	for {
		now := w.readClocks()
		w.drain()
		w.tick(now)
		select {
		case answer := <-w.requests:
			answer <- w.syncAll()
		case <-w.stop:
			w.result = w.finish()
			return
		default:
		}
		w.ring.asleep.Store(true)
		if uint32(w.ring.tail.Load())-w.head > w.wakeAt {
			w.ring.asleep.Store(false)
			continue
		}
		pause.Reset(w.c.Pause)
		select {
		case <-w.ring.work:
		case <-pause.C:
		case answer := <-w.requests:
			answer <- w.syncAll()
		case <-w.stop:
			w.result = w.finish()
			return
		}
		w.ring.asleep.Store(false)
	}
}

// readClocks measures the offset of the clocks and returns a reading of Clock.
func (w *writer) readClocks() int64 {
	before := w.c.Clock()
	for range offsetTries {
		wall := w.c.Wall()
		after := w.c.Clock()
		w.offset = wall - (before + (after-before)/2)
		if after-before <= offsetGood {
			return after
		}
		before = after
	}
	return before
}

// tick does what is due.
func (w *writer) tick(now int64) {
	if w.failing != nil {
		if w.c.OnFailure != FailStop && now >= w.retryAt {
			w.retry()
		}
		return
	}
	switch w.c.Durability {
	case SyncInterval:
		if now-w.lastSync >= int64(w.c.Interval) {
			w.sync()
		}
	case SyncGroup, SyncEach:
		w.sync()
	}
	if info, ok := w.gc.check(now); ok && w.failing == nil && (w.seg.room() >= gcSize || w.rotate()) {
		b := le.AppendUint64(w.scratch[:header], info.Collections)
		b = le.AppendUint64(b, uint64(info.Pause))
		b = le.AppendUint64(b, uint64(info.PauseMax))
		w.own(KindGC, b)
	}
	if now >= w.tidyAt {
		w.tidyAt = now + int64(tidyEvery)
		w.prepare.tidy(w.number, now+w.offset)
	}
}

// syncAll writes and syncs all that was committed before.
func (w *writer) syncAll() error {
	w.drain()
	if w.failing == nil {
		w.sync()
	}
	if w.failing != nil {
		return w.failing
	}
	return nil
}

// sync makes durable what is written.
func (w *writer) sync() {
	if w.seg.synced == w.seg.off {
		w.lastSync = w.c.Clock()
		return
	}
	if err := w.seg.sync(); err != nil {
		w.forget()
		w.fail(err)
		return
	}
	w.markSynced()
}

// forget drops what is not durable, after a sync that failed: what the system still shows of it may be gone. The next
// segment says that it is lost.
func (w *writer) forget() {
	s := w.seg
	gone := s.info.LastSeq - s.syncedInfo.LastSeq
	w.count.lost.Add(gone - (s.info.Lost - s.syncedInfo.Lost))
	w.count.records.Add(s.syncedInfo.Records - s.info.Records)
	s.off, s.info = s.synced, s.syncedInfo
	w.expect = s.info.LastSeq + 1
	w.count.written.Store(s.info.LastSeq)
}

func (w *writer) markSynced() {
	w.lastSync = w.c.Clock()
	w.count.lastSync.Store(w.lastSync)
	w.count.syncs.Add(1)
	w.count.synced.Store(w.expect - 1)
}

// own appends a record of the writer's own, whose payload lies in b behind room for the header. There is room for it.
func (w *writer) own(kind Kind, b []byte) {
	n := len(b) - header
	b = append(b, make([]byte, recordSize(n)-len(b))...)
	putHeader(b, n, w.expect-1, w.c.Clock(), 0, 0, kind, 0, markOwn)
	w.put(b)
}

// put finishes and writes one record.
func (w *writer) put(b []byte) bool {
	w.seg.finish(b, int64(le.Uint64(b[atClock:]))+w.offset)
	if err := w.seg.write(b); err != nil {
		w.fail(err)
		return false
	}
	w.count.bytes.Add(uint64(len(b)))
	return true
}

// rotate seals the segment and goes on with the next. It reports false if the disk fails.
func (w *writer) rotate() bool {
	now := w.c.Clock()
	next, err := w.prepare.take(w.number+1, now+w.offset)
	if err != nil {
		return w.fail(err)
	}
	if !w.seal(now, w.c.Durability != SyncNone) {
		return false
	}
	_ = w.seg.file.Close() // what has to be durable is
	w.prepare.used()
	w.begin(next)
	return w.failing == nil
}

// seal ends the segment. It reports false if the disk fails.
func (w *writer) seal(now int64, sync bool) bool {
	if err := w.seg.seal(w.scratch, now, now+w.offset, sync); err != nil {
		if err.Op == "sync" {
			w.forget()
		}
		return w.fail(err)
	}
	if sync {
		w.markSynced()
	}
	return true
}

// begin goes on in a segment that has no record.
func (w *writer) begin(s *segment) {
	w.seg, w.number = s, s.number
	s.info.LastSeq = w.expect - 1
	s.syncedInfo = s.info
	w.count.segment.Store(w.number)
	info := SegmentInfo{formatVersion, w.number, w.offset, w.c.Name}
	w.own(KindSegment, appendSegmentInfo(w.scratch[:header], &info))
}

// finish writes what is left and ends the journal.
func (w *writer) finish() error {
	w.drain()
	now := w.readClocks()
	if w.failing != nil && w.c.OnFailure != FailStop {
		w.retry()
	}
	if w.failing == nil {
		w.putLost(w.drained+1, LostDisk)
	}
	if w.failing == nil {
		w.count.lost.Add(w.recorder.lost)
		w.putLost(w.drained+w.recorder.lost+1, LostRingFull)
	}
	if w.failing == nil {
		w.seal(now, true)
	}
	var err error
	if w.failing != nil {
		err = w.failing
	}
	w.ring.absent.Store(true)
	w.ring.admit()
	_ = w.seg.file.Close() // it is synced, or the disk fails
	w.prepare.close()
	return err
}
