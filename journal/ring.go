package journal

import "sync/atomic"

const lineBytes = 64 // of a cache line; counters lie two apart, for lines are fetched in pairs

// ring is a bounded queue of bytes from the Recorder to the writer. Records lie in it as they will lie in the file,
// each in one piece: what is left before the ring's end is skipped. Positions count bytes and wrap around at 2^32.
type ring struct {
	buf  []byte // power of two
	mask uint32
	_    [2 * lineBytes]byte
	// Written by the Recorder: the position behind the last record that is committed in the lower half, the lower
	// half of its number in the upper, so that a commit is one store.
	tail atomic.Uint64
	_    [2 * lineBytes]byte
	// Written by the writer: the position of the first byte that is in use.
	head atomic.Uint32
	_    [2 * lineBytes]byte

	asleep  atomic.Bool // the writer sleeps or is about to
	waiting atomic.Bool // the Recorder waits for room or is about to
	absent  atomic.Bool // nobody waits for the writer: its disk fails, or it has ended
	hangs   atomic.Bool // likewise: it was waited for in vain, and has given no room back since
	work    chan struct{}
	room    chan struct{}
}

func newRing(size int) *ring {
	r := &ring{
		buf: newMemory(size), mask: uint32(size - 1),
		work: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	for i := 0; i < size; i += blockBytes {
		r.buf[i] = 1 // a page fault is paid here, not by the loop
	}
	return r
}

func pack(pos uint32, seq uint64) uint64 { return uint64(pos) | seq<<32 }

// wake wakes the writer if it sleeps.
func (r *ring) wake() {
	if r.asleep.Load() && r.asleep.CompareAndSwap(true, false) {
		select {
		case r.work <- struct{}{}:
		default:
		}
	}
}

// release gives the bytes before a position back to the Recorder.
func (r *ring) release(head uint32) {
	r.head.Store(head)
	if r.hangs.Load() {
		r.hangs.Store(false)
	}
	r.admit()
}

// admit wakes the Recorder if it waits.
func (r *ring) admit() {
	if r.waiting.Load() && r.waiting.CompareAndSwap(true, false) {
		select {
		case r.room <- struct{}{}:
		default:
		}
	}
}
