package journal

// drain writes what was committed.
func (w *writer) drain() {
	tail := uint32(w.ring.tail.Load())
	for w.head != tail {
		off := w.head & w.ring.mask
		b := w.ring.buf[off:min(uint64(off)+uint64(tail-w.head), uint64(len(w.ring.buf)))]
		if le.Uint32(b[atLength:]) == padLength {
			w.release(uint32(len(w.ring.buf)) - off)
			continue
		}
		if w.failing == nil {
			w.putLost(le.Uint64(b[atSeq:]), LostDisk)
		}
		if w.failing != nil {
			w.discard(b)
			continue
		}
		w.writeBatch(b)
	}
}

// release gives n bytes back to the Recorder.
func (w *writer) release(n uint32) {
	w.head += n
	w.ring.release(w.head)
}

// writeBatch finishes and writes as many of the records in b as are written at once, at least one.
func (w *writer) writeBatch(b []byte) {
	s := w.seg
	room, n, last, records := s.room(), 0, w.drained, uint64(0)
	lost := uint64(0)
	for n < len(b) && n < batchBytes {
		rec := b[n:]
		length := le.Uint32(rec[atLength:])
		if length == padLength {
			break
		}
		size := recordSize(int(length))
		if int64(n+size) > room {
			break
		}
		rec = rec[:size]
		s.finish(rec, int64(le.Uint64(rec[atClock:]))+w.offset)
		first := le.Uint64(rec[atSeq:])
		last = first
		if Kind(rec[atKind]) == KindLost && length == lostPayload {
			last += le.Uint64(rec[header:]) - 1
			lost += last - first + 1
		}
		n += size
		records++
		if w.c.Durability == SyncEach {
			break
		}
	}
	if n == 0 {
		w.rotate()
		return
	}
	if err := s.write(b[:n]); err != nil {
		w.fail(err)
		return
	}
	if s.info.FirstSeq == 0 {
		s.info.FirstSeq = w.expect
	}
	s.info.LastSeq = last
	s.info.Records += records
	s.info.Lost += lost
	w.drained, w.expect = last, last+1
	w.count.records.Add(records)
	w.count.bytes.Add(uint64(n))
	w.count.lost.Add(lost)
	w.count.written.Store(last)
	w.count.drained.Store(last)
	w.release(uint32(n))
	if w.c.Durability == SyncEach {
		w.sync()
	}
	if s.room() < s.size/2 {
		w.prepare.order(w.number+1, w.c.Clock()+w.offset)
	}
}

// discard takes the records in b out of the ring, which the disk does not take.
func (w *writer) discard(b []byte) {
	n := 0
	for n < len(b) && le.Uint32(b[n+atLength:]) != padLength {
		rec := b[n:]
		length := int(le.Uint32(rec[atLength:]))
		last := le.Uint64(rec[atSeq:])
		if Kind(rec[atKind]) == KindLost && length == lostPayload {
			last += le.Uint64(rec[header:]) - 1
		}
		w.count.lost.Add(last - w.drained)
		w.drained = last
		n += recordSize(length)
	}
	w.count.drained.Store(w.drained)
	w.release(uint32(n))
}

// putLost writes a Lost record for the records from the one that is expected up to before next, if there are any.
func (w *writer) putLost(next uint64, cause LostCause) {
	switch {
	case next == w.expect:
		return
	case next < w.expect:
		panic("BUG: journal: a record is in the ring twice")
	}
	if lostSize > w.seg.room() && !w.rotate() {
		return
	}
	first, n := w.expect, next-w.expect
	b := le.AppendUint64(w.scratch[:header], n)
	b = le.AppendUint64(b, uint64(cause))
	putHeader(b, lostPayload, first, w.c.Clock(), 0, 0, KindLost, 0, 0)
	if !w.put(b) {
		return
	}
	w.seg.info.add(KindLost, first, next-1)
	w.drained, w.expect = next-1, next
	w.count.records.Add(1)
	w.count.written.Store(w.drained)
}
