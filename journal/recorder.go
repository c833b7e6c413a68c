package journal

import "sync/atomic"

// Records from prefetchMin on are expected to be followed by one as long, of which up to prefetchMax bytes are fetched,
// and a round by one with prefetchRound bytes.
const (
	prefetchMin   = 512
	prefetchMax   = 4 << 10
	prefetchRound = 256
)

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
	left      uint32 // bytes behind pos that are known to be free, in one piece; 0 if records are lost
	committed uint32
	commitSeq uint64 // seq at the last commit
	seen      uint32 // the ring's head when last loaded
	wakeAt    uint32 // bytes in use from which on a commit wakes the writer
	max       int    // of a payload
	seq       uint64 // number of the last record in the ring
	lost      uint64 // records that were lost behind it
	lostAt    int64  // clock reading of the last of them
	waits     bool
	patience  *patience
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
		ring: r, buf: r.buf, mask: r.mask, max: c.payloadMax(), seq: seq, commitSeq: seq, synced: synced,
		waits: c.OnFull == FullWait, patience: newPatience(c.WaitMax),
		left: uint32(len(r.buf)), wakeAt: uint32(len(r.buf) / 4),
	}
	if c.Durability == SyncEach {
		rec.wakeAt = 0
	}
	r.tail.Store(pack(0, seq))
	return rec
}

// Append appends a record with a copy of the payload. at is the loop's clock reading in ns. A payload that is longer
// than PayloadMax is cut and gets [FlagTruncated]. The writer sees the record after Commit. It panics for a kind that
// only the journal makes.
func (r *Recorder) Append(kind Kind, flags uint8, epoch uint32, at int64, payload []byte) {
	if len(payload) > r.max {
		payload, flags = payload[:r.max], flags|FlagTruncated
	}
	if b := r.begin(len(payload), kind, flags, epoch, at); b != nil {
		copy(b[header:], payload)
		if len(payload) >= prefetchMin {
			r.expect(len(b))
		}
	}
}

// AppendWaiting is Append that waits for room whatever the policy is, but not for a writer whose disk fails. It commits
// what was appended before. It is for what is not on a hot path, and without which the rest is of no use.
func (r *Recorder) AppendWaiting(kind Kind, flags uint8, epoch uint32, at int64, payload []byte) {
	waits := r.waits
	r.waits = true
	r.Append(kind, flags, epoch, at, payload)
	r.waits = waits
}

// expect prepares for another record of some n bytes. What lies there in the ring was last in the writer's core:
// fetched while the loop does other work, it does not hold up the copy. Without it a mixed feed takes 4 % longer.
func (r *Recorder) expect(n int) {
	off := r.pos & r.mask
	prefetch(&r.buf[off], min(n, len(r.buf)-int(off), prefetchMax))
}

// Append2 is Append with a payload of two words, which [DecodeWords] reads.
func (r *Recorder) Append2(kind Kind, flags uint8, epoch uint32, at int64, a, b uint64) {
	if rec := r.begin(16, kind, flags, epoch, at); rec != nil {
		words := (*[16]byte)(rec[header:])
		le.PutUint64(words[:], a)
		le.PutUint64(words[8:], b)
	}
}

// Reserve appends a record whose payload of n bytes the caller fills in before the next call. It returns PayloadMax
// bytes and sets [FlagTruncated] if n is more than that, and nil if the record is lost. The bytes are not zero.
func (r *Recorder) Reserve(kind Kind, flags uint8, epoch uint32, at int64, n int) []byte {
	if n > r.max {
		n, flags = r.max, flags|FlagTruncated
	}
	b := r.begin(n, kind, flags, epoch, at)
	if b == nil {
		return nil
	}
	return b[header : header+n : header+n]
}

// begin appends a record but for its payload of n bytes. It returns nil if the record is lost.
func (r *Recorder) begin(n int, kind Kind, flags uint8, epoch uint32, at int64) []byte {
	if kind <= KindLost {
		panic("BUG: journal: the caller appends a record of kind " + kind.String())
	}
	size := uint32(recordSize(n))
	if size > r.left && !r.makeRoom(size, at) {
		return nil
	}
	b := r.take(size)
	le.PutUint64(b[len(b)-8:], 0) // the bytes behind the payload are zero
	putHeader(b, n, r.seq, at, 0, epoch, kind, flags, 0)
	return b
}

// take returns room for a record with the number r.seq, for which there is room in one piece.
func (r *Recorder) take(size uint32) []byte {
	off := r.pos & r.mask
	r.pos += size
	r.left -= size
	r.seq++
	return r.buf[off : off+size]
}

// makeRoom makes room for a record in one piece, with a Lost record before it if some are lost. It reports false if the
// record is lost.
func (r *Recorder) makeRoom(size uint32, at int64) bool {
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
			r.skipTo(size)
			return true
		}
		if !r.waits || !r.awaitRoom() {
			r.lost++
			r.lostAt = at
			r.left = 0 // the next one begins with a Lost record
			return false
		}
	}
}

// behind returns the position behind a record that is put at a position or, if it does not fit there, at the start.
func (r *Recorder) behind(pos, size uint32) uint32 {
	if rest := uint32(len(r.buf)) - pos&r.mask; rest < size {
		pos += rest
	}
	return pos + size
}

// skipTo leaves out the end of the ring if a record, for which there is room, does not fit there.
func (r *Recorder) skipTo(size uint32) {
	if rest := uint32(len(r.buf)) - r.pos&r.mask; rest < size {
		le.PutUint32(r.buf[r.pos&r.mask+atLength:], padLength)
		r.pos += rest
	}
	r.measure()
}

// measure finds out how much may be appended in one piece.
func (r *Recorder) measure() {
	r.left = min(uint32(len(r.buf))-r.pos&r.mask, uint32(len(r.buf))-(r.pos-r.seen))
	if r.lost > 0 {
		r.left = 0
	}
}

// putLost appends the record that stands in for those that were lost, for which there is room.
func (r *Recorder) putLost() {
	r.skipTo(lostSize)
	b := r.take(lostSize)
	putHeader(b, lostPayload, r.seq, r.lostAt, 0, 0, KindLost, 0, 0)
	le.PutUint64(b[header:], r.lost)
	le.PutUint64(b[header+8:], uint64(LostRingFull))
	r.seq += r.lost - 1
	r.lost = 0
	r.measure()
}

// Mark returns the position behind what was appended.
func (r *Recorder) Mark() Mark { return Mark{r.pos, r.seq, r.lost} }

// Rewind drops what was appended since the mark was taken. What is committed stays, also what a full ring with
// FullWait had to commit.
func (r *Recorder) Rewind(m Mark) {
	if r.pos-m.pos > r.pos-r.committed {
		r.pos, r.seq = r.committed, r.commitSeq
	} else {
		r.pos, r.seq, r.lost = m.pos, m.seq, m.lost
	}
	r.measure()
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
	r.expect(prefetchRound)
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
