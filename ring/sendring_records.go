package ring

import "iter"

// Record is what a [SendRing] remembers of a frame besides its bytes. Only Seq
// means something to the ring; the rest is the owner's.
type Record struct {
	Seq       uint64 // the frame's sequence; 0 for a frame that is sent and not kept
	Stamp     int64  // clock reading at the commit, in nanoseconds
	Reference uint64 // the owner's number for what the frame carries, such as an order
	Kind      uint32 // the owner's tag, such as the payload type
}

// SentState says how much of a frame left.
type SentState uint8

// A frame starts as NotSent and ends as Sent, unless its connection ends
// first: then it stays as it is.
const (
	NotSent SentState = iota // no byte was handed to the socket
	Partial                  // some bytes were, not all: the peer cannot have the frame
	Sent                     // all bytes were: whether the peer has it is for the peer to say
)

// String returns the state's name.
func (s SentState) String() string {
	switch s {
	case NotSent:
		return "not sent"
	case Partial:
		return "partial"
	case Sent:
		return "sent"
	}
	return "unknown state"
}

// slot is one entry of the index.
type slot struct {
	rec   Record
	at    uint64 // position of the first byte
	n     uint32 // bytes; framesBytesMax fits
	state SentState
	// While the frame waits its state follows from sent, and the field above
	// is NotSent. Written or Drop sets it once, when the waiting is over.
}

func (s *slot) end() uint64 { return s.at + uint64(s.n) }

// slot returns the index's place for a sequence.
func (f *SendRing) slot(seq uint64) *slot { return &f.index[seq&uint64(len(f.index)-1)] }

// oldest returns the entry to be evicted next. Only for count > 0.
func (f *SendRing) oldest() *slot { return f.slot(f.next - uint64(f.count)) }

// state returns what is known of a kept frame.
func (f *SendRing) state(s *slot) SentState {
	if f.next-s.rec.Seq > uint64(f.waiting) {
		return s.state
	}
	if s.at < f.sent {
		return Partial
	}
	return NotSent
}

// Frame returns the frame with a sequence, sent or not, if it is still kept. It
// aliases the ring and is valid until the next Reserve or Close. Since Reserve
// may evict the very frame that is to be copied, a replay reserves first and
// asks afterwards; see the example.
func (f *SendRing) Frame(seq uint64) (frame []byte, rec Record, ok bool) {
	if seq-(f.next-uint64(f.count)) >= uint64(f.count) {
		return nil, Record{}, false
	}
	s := f.slot(seq)
	at := s.at & f.mask
	return f.block[at : at+uint64(s.n) : at+uint64(s.n)], s.rec, true
}

// Oldest returns the lowest sequence that is kept, or 0 if none is.
func (f *SendRing) Oldest() uint64 {
	if f.count == 0 {
		return 0
	}
	return f.next - uint64(f.count)
}

// Newest returns the highest sequence that is kept, or 0 if none is.
func (f *SendRing) Newest() uint64 {
	if f.count == 0 {
		return 0
	}
	return f.next - 1
}

// Range calls yield for every kept frame from a sequence on, oldest first,
// until yield returns false. yield must not call what changes the ring. It does
// not allocate.
func (f *SendRing) Range(from uint64, yield func(rec Record, state SentState) bool) {
	for seq := max(from, f.Oldest()); f.count > 0 && seq-f.Oldest() < uint64(f.count); seq++ {
		s := f.slot(seq)
		if !yield(s.rec, f.state(s)) {
			return
		}
	}
}

// All is Range over every kept frame.
func (f *SendRing) All() iter.Seq2[Record, SentState] {
	return func(yield func(Record, SentState) bool) { f.Range(0, yield) }
}

// Drop says that the connection ended: unsent bytes will never be sent by this
// ring, and a reservation is void. Kept frames stay, with the state they
// had, so that the owner can report each and, if the session is resumed, replay
// them as copies with Seq 0 (which do not change the state of the
// original). From now on all of them make room for new ones, so the owner
// walks All before it reserves again. A frame that was sent and evicted is no
// longer there to be walked: Oldest tells.
func (f *SendRing) Drop() {
	for ; f.waiting > 0; f.waiting-- {
		s := f.slot(f.next - uint64(f.waiting))
		s.state = f.state(s)
	}
	f.sent, f.unsent, f.reserved = f.head, 0, 0
}

// Rebase forgets all kept frames and expects next from the next kept one. Bytes
// that are unsent are still sent, but no longer accounted for by frame: a new
// session comes after Drop and a walk over All. Rebase panics if next is 0.
func (f *SendRing) Rebase(next uint64) {
	if next == 0 {
		panic("BUG: ring: Rebase to sequence 0")
	}
	f.next, f.count, f.waiting = next, 0, 0
}
