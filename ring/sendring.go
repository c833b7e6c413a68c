package ring

import "strconv"

// SendRingConfig sizes a [SendRing]. Its zero value is the default.
type SendRingConfig struct {
	// Bytes is the size of the block that frames are built, sent and kept
	// in, and the size of the largest frame. It is rounded up to a power of
	// two. 0 means 1 MiB; otherwise 64 bytes to 1 GiB.
	Bytes int

	// Records is the most frames that are kept for replay, and the most that
	// may wait to be sent. It is rounded up to a power of two. 0 means 1024;
	// otherwise 2 to 1048576.
	Records int

	// OnDemand leaves memory to its first use: pages of the block, see
	// [NewMemoryOnDemand], and records, of which there are 16 at the start and
	// twice as many whenever they do not suffice, up to Records. Commit then
	// allocates. It is for owners of many rings.
	OnDemand bool
}

// resolve replaces zeros by defaults, checks and rounds.
func (c SendRingConfig) resolve() (SendRingConfig, error) {
	if c.Bytes == 0 {
		c.Bytes = framesBytesDefault
	}
	if c.Records == 0 {
		c.Records = framesRecordsDefault
	}
	if err := within("SendRingConfig.Bytes", c.Bytes, framesBytesMin, framesBytesMax); err != nil {
		return c, err
	}
	if err := within("SendRingConfig.Records", c.Records, framesRecordsMin, framesRecordsMax); err != nil {
		return c, err
	}
	c.Bytes, c.Records = powerOfTwo(c.Bytes), powerOfTwo(c.Records)
	return c, nil
}

// SendRing is the byte ring that outgoing frames are built in, sent from, and
// kept in for replay. A frame is written once, into the place it is sent from,
// and stays there until newer frames need the room.
//
//	buf, err := f.Reserve(n)      // room, contiguous
//	...                           // marshal into buf
//	f.Commit(n, ring.Record{...}) // now it is unsent
//	n, err := conn.Write(f.Pending())
//	f.Written(n)                  // now it is sent, and kept for replay
//
// # Layout
//
// Positions are absolute: they count bytes from the start of the ring's life and
// only grow. The byte at position p is block[p mod size]. A frame never crosses
// the end of the block; what is left there is skipped.
//
//	     low             sent                 head    start
//	      v               v                    v        v
//	- - - | kept | kept | part|unsent | unsent |  skip  | reservation |
//	      |               |                    |                      |
//	 free | written,      | Pending:           | uncommitted          | free
//	      | for replay    | socket has yet     |                      |
//	                      | to take it         |                      end
//
//	low <= sent <= head <= start,  end - low <= size
//
// At most one block end lies between sent and head; edge is where the data
// before it stopped:
//
//	        sent          edge   block end      head
//	         v             v     v               v
//	|        | unsent .... |skip | unsent ...... |
//
// Making room moves low up over frames that are completely written, oldest
// first. It never passes a frame with unsent bytes: the ring is then full and
// says so.
//
// A SendRing belongs to one goroutine.
type SendRing struct {
	mem   *Memory
	block []byte // power of two; nil after Close
	mask  uint64 // len(block)-1
	index []slot // power of two, by sequence

	// Positions, in bytes.
	low      uint64 // at or below everything kept or unsent
	sent     uint64 // the first unsent byte, or head
	edge     uint64 // where the data before the last block end stopped
	head     uint64 // the end of the last committed frame
	start    uint64 // of the reservation
	reserved int    // length of the reservation; 0 means none

	// The index holds the sequences next-count .. next-1, in this order:
	//
	//	| written, or dropped | waiting |
	//	next-count                      next
	next    uint64 // the sequence that the next kept frame must have
	count   int    // frames in the index
	waiting int    // of these, the newest, that have unsent bytes
	unsent  int    // bytes committed and not written; skipped ones not counted

	records  int  // the most that the index may hold
	onDemand bool // it starts smaller

	full     FullError // returned again and again: refusing must cost nothing
	tooLarge TooLargeError
}

// NewSendRing claims the ring's memory. The first kept frame must have sequence
// 1 unless Rebase says otherwise. It returns a [*LimitError] if a size is
// outside its limits, and the system's error if the memory cannot be had.
func NewSendRing(config SendRingConfig) (*SendRing, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	mem, err := newMemory(config.Bytes, 0, config.OnDemand)
	if err != nil {
		return nil, err
	}
	records := config.Records
	if config.OnDemand {
		records = min(records, framesRecordsStart)
	}
	return &SendRing{
		mem:      mem,
		block:    mem.Bytes(),
		mask:     uint64(config.Bytes - 1),
		index:    make([]slot, records),
		records:  config.Records,
		onDemand: config.OnDemand,
		next:     1,
	}, nil
}

// Config returns the sizes in force, rounded up and with defaults filled in.
func (f *SendRing) Config() SendRingConfig {
	return SendRingConfig{Bytes: int(f.mask + 1), Records: f.records, OnDemand: f.onDemand}
}

// Close gives the memory back and forgets everything: walk [SendRing.All] before
// it. No slice of the ring may be touched afterwards. Reserve then panics, as
// do Commit and Written; what reads finds nothing. Closing again does nothing.
func (f *SendRing) Close() error {
	*f = SendRing{mem: f.mem, mask: f.mask, index: f.index, next: f.next, records: f.records, onDemand: f.onDemand}
	return f.mem.Close()
}

// Reserve returns room for a frame of n bytes, contiguous, with a capacity of n.
// It holds whatever was there before: the caller writes every byte that it
// commits, in any order. It is valid until the next Reserve, Commit, Drop or
// Close.
//
// Frames that are completely written, or were dropped, make room, oldest
// first. Nothing unsent does: if only that would help, Reserve evicts nothing
// and returns a [*FullError], which is [ErrFull]. It also does so when all of
// the index waits to be sent. A frame larger than the block is a
// [*TooLargeError], which is [ErrTooLarge].
//
// Every Reserve, refused or not, voids an earlier reservation that was not
// committed, so that one given up needs no undoing; what was evicted for it
// stays evicted.
// Reserving less than one byte panics.
func (f *SendRing) Reserve(n int) ([]byte, error) { return f.ReserveLeaving(n, 0, 0) }

// ReserveLeaving is Reserve for a frame that must not take the last room: it is
// refused unless bytes more could be had behind the n, and records more frames
// could wait to be sent besides this one. Frames of together half of those bytes
// then find room whatever the end of the block costs. Both are 0 or more.
func (f *SendRing) ReserveLeaving(n, bytes, records int) ([]byte, error) {
	block, at := f.block, f.head&f.mask
	if end := at + uint64(n); at < end && end <= uint64(len(block)) &&
		f.head+uint64(n)+uint64(bytes)-f.low <= f.mask+1 && f.waiting+records < len(f.index) {
		f.start, f.reserved = f.head, n
		return block[at:end:end], nil
	}
	return f.reserveRare(n, bytes, records)
}

// reserveRare is ReserveLeaving for what does not fit behind the last frame, or not
// before others are evicted.
func (f *SendRing) reserveRare(n, bytes, records int) ([]byte, error) {
	f.reserved = 0
	if uint(n)-1 >= uint(len(f.block)) {
		return nil, f.refuseSize(n)
	}
	if n+bytes > len(f.block) || f.waiting+records >= f.records {
		return nil, f.refuse(n)
	}
	if f.waiting == len(f.index) {
		f.grow()
	}
	start := f.head
	if left := f.mask + 1 - start&f.mask; uint64(n) > left {
		start += left // too short: skip to the start of the block
	}
	if end := start + uint64(n) + uint64(bytes); end-f.low > f.mask+1 && !f.makeRoom(end) {
		return nil, f.refuse(n)
	}
	f.start, f.reserved = start, n
	at := start & f.mask
	return f.block[at : at+uint64(n) : at+uint64(n)], nil
}

// makeRoom evicts what must go for the bytes before end to be overwritten, and
// reports false, evicting nothing, if something unsent is in the way.
func (f *SendRing) makeRoom(end uint64) bool {
	size := f.mask + 1
	if f.unsent > 0 && end-f.floor() > size {
		return false
	}
	for f.count > f.waiting && end-f.oldest().at > size {
		f.count--
	}
	// If nothing is left then no byte is of use, wherever low may be; head is
	// still a true bound for what comes next.
	f.low = f.head
	if f.unsent > 0 {
		f.low = f.floor()
	}
	if f.count > 0 {
		f.low = min(f.low, f.oldest().at)
	}
	return true
}

// floor is the position that low may not pass: the first unsent byte, or the
// start of its frame if that frame is kept. Only for unsent > 0.
func (f *SendRing) floor() uint64 {
	if f.waiting > 0 {
		return min(f.sent, f.slot(f.next-uint64(f.waiting)).at)
	}
	return f.sent
}

// refuse fills in and returns the ring's one FullError.
func (f *SendRing) refuse(n int) error {
	// What Reserve could have given: up to the end of the block or what is
	// unsent behind it, or from the start of the block up to what is unsent.
	limit := f.floor() + f.mask + 1
	blockEnd := f.head + (f.mask + 1 - f.head&f.mask)
	free := min(limit, blockEnd) - f.head
	if limit > blockEnd {
		free = max(free, limit-blockEnd)
	}
	f.full = FullError{
		Need: n, Free: int(free), Unsent: f.unsent,
		Waiting: f.waiting, Records: f.records,
	}
	return &f.full
}

// refuseSize returns the ring's one TooLargeError, or panics if n is no size or
// the ring is closed.
func (f *SendRing) refuseSize(n int) error {
	if f.block == nil {
		panic("BUG: ring: Reserve after Close")
	}
	if n < 1 {
		panic("BUG: ring: Reserve of " + strconv.Itoa(n) + " bytes")
	}
	f.tooLarge = TooLargeError{Need: n, Limit: len(f.block)}
	return &f.tooLarge
}

// Commit appends the first n bytes of the reservation to the unsent stream as
// one frame. Its record's Seq, if not 0, must follow the previous kept
// frame's by one, or be the number that Rebase gave; the frame is then kept for
// replay until newer ones need its place. A frame with Seq 0 is sent and not
// kept: it is a copy of one that was sent before.
//
// Commit panics without a reservation, if n is not 1 to the reservation's
// length, and if the sequence is not the next.
func (f *SendRing) Commit(n int, rec Record) {
	if uint(n)-1 >= uint(f.reserved) {
		panic("BUG: ring: Commit of " + strconv.Itoa(n) + " bytes, reserved " + strconv.Itoa(f.reserved))
	}
	if rec.Seq != 0 && rec.Seq != f.next {
		panic("BUG: ring: Commit of sequence " + strconv.FormatUint(rec.Seq, 10) +
			", next is " + strconv.FormatUint(f.next, 10))
	}
	if f.start&f.mask == 0 {
		f.edge = f.head
		if f.sent == f.head {
			f.sent = f.start
		}
	}
	at := f.start
	f.head = at + uint64(n)
	f.unsent += n
	f.reserved = 0
	if rec.Seq == 0 {
		return
	}
	if f.count == len(f.index) {
		if f.count == f.records {
			f.count-- // the oldest is written: Reserve made sure
		} else {
			f.grow()
		}
	}
	s := f.slot(rec.Seq)
	s.rec, s.at, s.n, s.state = rec, at, uint32(n), NotSent
	f.next++
	f.count++
	f.waiting++
}

// Pending returns the next run of unsent bytes, as long as it is contiguous:
// whole frames up to the last, or up to the end of the block, beginning inside a
// frame if it was written in part. It is empty if nothing is unsent. It
// aliases the ring and is valid until the next Written, Drop or Close; frames
// committed meanwhile come with the next Pending.
func (f *SendRing) Pending() []byte {
	n := f.run()
	at := f.sent & f.mask
	return f.block[at : at+n : at+n]
}

// run is the length of the next contiguous run of unsent bytes.
func (f *SendRing) run() uint64 {
	if f.sent < f.edge {
		return f.edge - f.sent
	}
	return f.head - f.sent
}

// Written says that the socket took the first n bytes of Pending. It panics if
// Pending has fewer.
func (f *SendRing) Written(n int) {
	if n < 0 || uint64(n) > f.run() {
		panic("BUG: ring: Written " + strconv.Itoa(n) + " bytes, pending " + strconv.FormatUint(f.run(), 10))
	}
	f.sent += uint64(n)
	f.unsent -= n
	if f.sent == f.edge {
		f.sent = (f.edge + f.mask) &^ f.mask // over the skipped bytes; head is beyond them
	}
	for f.waiting > 0 {
		s := f.slot(f.next - uint64(f.waiting))
		if s.end() > f.sent {
			break
		}
		s.state = Sent
		f.waiting--
	}
}

// PendingBytes returns how many bytes are unsent, of all runs together.
func (f *SendRing) PendingBytes() int { return f.unsent }
