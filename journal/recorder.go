package journal

import "sync/atomic"

// Recorder is the end of a journal that belongs to one goroutine, the engine's loop. Its methods do not allocate, lock
// or call the system, but with FullWait while the ring is full, and where a Commit wakes the writer.
//
// Credentials are masked before a payload gets here: what is appended is written as it is.
type Recorder struct {
	_         [2 * lineBytes]byte
	ring      *ring
	buf       []byte
	mask      uint32
	pos       uint32 // behind what was appended
	committed uint32
	commitSeq uint64 // seq at the last commit
	seen      uint32 // the ring's head when last loaded
	wakeAt    uint32 // bytes in use from which on a commit wakes the writer
	max       int    // of a payload
	seq       uint64 // number of the last record in the ring
	lost      uint64 // records that were lost behind it
	lostAt    int64  // clock reading of the last of them
	waits     bool
	synced    *atomic.Uint64
	_         [2 * lineBytes]byte
}

// Mark is a position among what was appended and is not yet committed.
type Mark struct {
	pos  uint32
	seq  uint64
	lost uint64
}

func newRecorder(c *Config, r *ring, seq uint64, synced *atomic.Uint64) *Recorder {
	rec := &Recorder{
		ring: r, buf: r.buf, mask: r.mask, max: c.payloadMax(), seq: seq, commitSeq: seq, waits: c.OnFull == FullWait, synced: synced,
		wakeAt: uint32(len(r.buf) / 4),
	}
	if c.Durability == SyncGroup || c.Durability == SyncEach {
		rec.wakeAt = 0
	}
	r.tail.Store(pack(0, seq))
	return rec
}

// Append appends a record with a copy of the payload. at is the loop's clock reading in ns. A payload that is longer
// than PayloadMax is cut and gets [FlagTruncated]. The writer sees the record after Commit.
func (r *Recorder) Append(kind Kind, flags uint8, epoch uint32, at int64, payload []byte) {
	if kind <= KindLost {
		panicKind(kind)
	}
	if len(payload) > r.max {
		payload, flags = payload[:r.max], flags|FlagTruncated
	}
	if b := r.claim(recordSize(len(payload)), at); b != nil {
		le.PutUint64(b[len(b)-8:], 0) // the bytes behind the payload are zero
		putHeader(b, len(payload), r.seq, at, 0, epoch, kind, flags, 0)
		copy(b[header:], payload)
	}
}

// Append2 is Append with a payload of two words, which [DecodeWords] reads.
func (r *Recorder) Append2(kind Kind, flags uint8, epoch uint32, at int64, a, b uint64) {
	if kind <= KindLost {
		panicKind(kind)
	}
	if rec := r.claim(header+16, at); rec != nil {
		putHeader(rec, 16, r.seq, at, 0, epoch, kind, flags, 0)
		le.PutUint64(rec[header:], a)
		le.PutUint64(rec[header+8:], b)
	}
}

// Reserve appends a record whose payload of n bytes the caller fills in before the next call. It returns PayloadMax
// bytes and sets [FlagTruncated] if n is more than that, and nil if the record is lost. The bytes are not zero.
func (r *Recorder) Reserve(kind Kind, flags uint8, epoch uint32, at int64, n int) []byte {
	if kind <= KindLost {
		panicKind(kind)
	}
	if n > r.max {
		n, flags = r.max, flags|FlagTruncated
	}
	b := r.claim(recordSize(n), at)
	if b == nil {
		return nil
	}
	le.PutUint64(b[len(b)-8:], 0)
	putHeader(b, n, r.seq, at, 0, epoch, kind, flags, 0)
	return b[header : header+n : header+n]
}

func panicKind(kind Kind) {
	panic("BUG: journal: the caller appends a record of kind " + kind.String())
}

// claim returns room for a record that has the number r.seq, or nil if it is lost.
func (r *Recorder) claim(size int, at int64) []byte {
	off := r.pos & r.mask
	end := off + uint32(size)
	if end <= uint32(len(r.buf)) && r.pos+uint32(size)-r.seen <= uint32(len(r.buf)) && r.lost == 0 {
		r.pos += uint32(size)
		r.seq++
		return r.buf[off:end:end]
	}
	return r.claimSlow(size, at)
}

// claimSlow is claim at the ring's end, in a ring that is full, and after a loss.
func (r *Recorder) claimSlow(size int, at int64) []byte {
	for {
		r.seen = r.ring.head.Load()
		behind := r.pos
		if r.lost > 0 {
			behind = r.behind(behind, lostSize)
		}
		if behind = r.behind(behind, size); behind-r.seen <= uint32(len(r.buf)) {
			if r.lost > 0 {
				r.putLost()
			}
			r.seq++
			return r.take(size)
		}
		if !r.waits || !r.awaitRoom() {
			r.lost++
			r.lostAt = at
			return nil
		}
	}
}

// behind returns the position behind a record that is put at a position or, if it does not fit there, at the start.
func (r *Recorder) behind(pos uint32, size int) uint32 {
	if left := uint32(len(r.buf)) - pos&r.mask; left < uint32(size) {
		pos += left
	}
	return pos + uint32(size)
}

// take returns room for a record, which there is.
func (r *Recorder) take(size int) []byte {
	end := r.behind(r.pos, size)
	if end-r.pos > uint32(size) {
		le.PutUint32(r.buf[r.pos&r.mask+atLength:], padLength)
	}
	r.pos = end
	off := (end - uint32(size)) & r.mask
	return r.buf[off : off+uint32(size) : off+uint32(size)]
}

// putLost appends the record that stands in for those that were lost, for which there is room.
func (r *Recorder) putLost() {
	b := r.take(lostSize)
	putHeader(b, lostPayload, r.seq+1, r.lostAt, 0, 0, KindLost, 0, 0)
	le.PutUint64(b[header:], r.lost)
	le.PutUint64(b[header+8:], uint64(LostRingFull))
	r.seq += r.lost
	r.lost = 0
}

// awaitRoom commits what was appended and waits until the writer has given some room back. It reports false if it
// is not to be waited for.
func (r *Recorder) awaitRoom() bool {
	seen := r.seen // a commit may see a later one
	r.Commit()
	for {
		r.ring.waiting.Store(true)
		switch {
		case r.ring.absent.Load():
			r.ring.waiting.Store(false)
			return false
		case r.ring.head.Load() != seen:
			r.ring.waiting.Store(false)
			return true
		}
		r.ring.wake()
		<-r.ring.room
	}
}

// Mark returns the position behind what was appended.
func (r *Recorder) Mark() Mark { return Mark{r.pos, r.seq, r.lost} }

// Rewind drops what was appended since the mark was taken. What is committed stays, also what a full ring with
// FullWait had to commit.
func (r *Recorder) Rewind(m Mark) {
	if r.pos-m.pos > r.pos-r.committed {
		r.pos, r.seq = r.committed, r.commitSeq
		return
	}
	r.pos, r.seq, r.lost = m.pos, m.seq, m.lost
}

// Commit shows what was appended to the writer.
func (r *Recorder) Commit() {
	if r.lost > 0 {
		r.commitLost()
	}
	if r.pos == r.committed {
		return
	}
	r.committed, r.commitSeq = r.pos, r.seq
	r.ring.tail.Store(pack(r.pos, r.seq))
	if r.pos-r.seen > r.wakeAt {
		r.wake()
	}
}

// wake wakes the writer if as much is in use as it seemed.
func (r *Recorder) wake() {
	if r.seen = r.ring.head.Load(); r.pos-r.seen > r.wakeAt {
		r.ring.wake()
	}
}

// commitLost appends a Lost record if there is room.
func (r *Recorder) commitLost() {
	r.seen = r.ring.head.Load()
	if r.behind(r.pos, lostSize)-r.seen <= uint32(len(r.buf)) {
		r.putLost()
	}
}

// Seq returns the number of the record that was appended last, lost ones included.
func (r *Recorder) Seq() uint64 { return r.seq + r.lost }

// Synced returns the number of the last record that is durable. Any goroutine may ask.
func (r *Recorder) Synced() uint64 { return r.synced.Load() }

// PayloadMax returns how many bytes of a payload are kept.
func (r *Recorder) PayloadMax() int { return r.max }
