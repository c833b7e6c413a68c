package fault

import (
	"math"
	"math/rand/v2"

	"github.com/smk-go/smk/sim/internal/gateway"
	"github.com/smk-go/smk/wire"
)

// What a line may hold back. Beyond it messages pass as if nothing was wrong.
const (
	queueBytes     = 64 << 10 // taken from the peer and not handed out: then no more is taken
	heldMax        = 64       // messages held back, of each sort
	heldBytes      = 16 << 10 // of one message
	dripBytes      = 8
	splitBytes     = 6 // most of a piece
	reorderTimeout = 100 * 1_000_000
	scratch        = 4096
)

// Conn is one connection with its faults. It has the methods of a [gateway.Gateway] that a driver
// uses, with the same meaning, but for two: Free may return an empty slice that is not nil,
// which means that nothing is to be read for now, and what Pending has not handed out may
// come later without another message; [Injector.Dirty] tells.
type Conn struct {
	injector *Injector
	gateway  *gateway.Conn
	serial   uint64
	plan     Plan
	random   *rand.Rand
	forced   [Kinds]int
	counts   [Kinds]uint64
	active   bool // frames are looked at
	dirty    bool
	next     int64 // when tick has something to do

	// Outgoing.
	passThrough bool   // what was handed out last is the peer's memory
	borrowed    []byte // that memory
	partial     int    // bytes of a frame that were not written yet when it was handed out directly
	queue       []byte
	chunks      []chunk
	heldOut     []heldFrame // frames that come later
	skipped     []uint64    // sequences that are not sent

	// Incoming.
	in      []byte      // what Free returned last; nil if it was not the peer's
	discard []byte      // where a half-open line reads to
	heldIn  []heldFrame // payloads that come later

	// Before the sequence.
	heldUnsequenced []heldMessage

	stalledUntil  int64 // nothing moves until then
	halfOpen      bool  // half-open
	halfOpenUntil int64
	cut           bool // the queue ends in the middle of a frame: then the connection ends
}

// Gateway returns the session's end of the line.
func (l *Conn) Gateway() *gateway.Conn { return l.gateway }

// Set puts a plan into force on this line. What is held back already still comes.
func (l *Conn) Set(plan Plan) {
	l.plan = plan.resolve()
	l.updateActive()
}

// Plan returns what is in force.
func (l *Conn) Plan() Plan { return l.plan }

// Force makes a kind happen at its next n occasions.
func (l *Conn) Force(k Kind, n int) {
	l.forced[k] = n
	l.updateActive()
}

// Counts returns how often each kind happened.
func (l *Conn) Counts() [Kinds]uint64 { return l.counts }

// wake finds out whether frames have to be looked at.
func (l *Conn) updateActive() {
	l.active = !l.plan.Inactive() || l.forced != [Kinds]int{}
}

// hit draws whether a kind happens.
func (l *Conn) inject(k Kind) bool {
	switch c := l.plan.Chance[k]; {
	case l.forced[k] > 0:
		l.forced[k]--
	case c == 0 || l.random.Uint32N(Million) >= c:
		return false
	}
	l.counts[k]++
	l.injector.total[k]++
	return true
}

// randomTime draws a moment from now on.
func (l *Conn) randomTime(most int64) int64 { return l.injector.now + 1 + l.random.Int64N(most) }

// at asks for a tick.
func (l *Conn) schedule(t int64) { l.next = min(l.next, t) }

func (l *Conn) markDirty() {
	if !l.dirty {
		l.dirty = true
		l.injector.dirty = append(l.injector.dirty, l)
	}
}

// Username returns the account's, "" before the login.
func (l *Conn) Username() string { return l.gateway.Username() }

// Free returns where the driver reads to: nil once the connection is to be closed, empty if
// nothing is to be read for now.
func (l *Conn) Free() []byte {
	switch {
	case l.halfOpen:
		l.in = nil
		if l.discard == nil {
			l.discard = make([]byte, scratch)
		}
		return l.discard
	case l.injector.now < l.stalledUntil:
		l.in = nil
		return []byte{}
	}
	l.in = l.gateway.Free()
	return l.in
}

// Filled takes n bytes that were read into what Free returned.
func (l *Conn) Filled(now int64, n int) {
	l.injector.now = max(l.injector.now, now)
	if l.in == nil || l.halfOpen {
		return // read before it went deaf, or after
	}
	if n > 0 && l.active && l.inject(CorruptIn) {
		l.in[l.random.IntN(n)] ^= 1 << l.random.IntN(8)
	}
	l.gateway.Filled(now, n)
}

// Pending returns the bytes to be sent next, nil if there are none for now.
func (l *Conn) Pending() []byte {
	if l.halfOpen {
		l.processOut()
		return nil
	}
	if l.injector.now < l.stalledUntil {
		return nil
	}
	if !l.active && len(l.queue) == 0 && len(l.heldOut) == 0 && len(l.skipped) == 0 {
		l.passThrough, l.borrowed = true, l.gateway.Pending()
		return l.borrowed
	}
	l.passThrough, l.borrowed = false, nil
	l.processOut()
	if l.injector.now < l.stalledUntil {
		return nil
	}
	return l.nextChunk()
}

// Written says that the first n bytes of Pending were sent.
func (l *Conn) Written(n int) {
	if l.passThrough {
		l.trackFrames(n)
		l.gateway.Written(n)
		l.borrowed = l.borrowed[min(n, len(l.borrowed)):]
		return
	}
	l.consume(n)
}

// follow keeps count of where frames end in what was handed out directly.
func (l *Conn) trackFrames(n int) {
	for l.partial < n {
		_, size, err := wire.Scan(l.borrowed[l.partial:], wire.Limits{})
		if size == 0 || err != nil {
			panic("BUG: sim: the exchange sent half a frame")
		}
		l.partial += size
	}
	l.partial -= n
}

// Err returns why the exchange ended the connection, nil if it did so in order or not at
// all.
func (l *Conn) Err() error {
	if l.halfOpen && l.injector.now < l.halfOpenUntil {
		return nil
	}
	return l.gateway.Err()
}

// HalfOpen reports whether the line is half-open: nothing reaches its client any more.
func (l *Conn) HalfOpen() bool { return l.halfOpen }

// Draining reports whether the last message is queued.
func (l *Conn) Draining() bool { return !l.halfOpen && (l.cut || l.gateway.Draining()) }

// Closing reports whether the driver is to close the connection, now.
func (l *Conn) Closing() bool {
	switch {
	case l.halfOpen:
		return l.injector.now >= l.halfOpenUntil
	case l.cut:
		return len(l.queue) == 0
	}
	return l.gateway.Closing() && (l.gateway.Err() != nil || len(l.queue) == 0 && len(l.heldOut) == 0)
}

// Disconnected says that the transport is gone. It must be the last call on a line. What was held
// back before it got a sequence gets one now, so that a resumed session has it.
func (l *Conn) Disconnected(now int64) {
	l.injector.now = max(l.injector.now, now)
	for i := range l.heldUnsequenced {
		l.gateway.Send(&l.heldUnsequenced[i].body, l.heldUnsequenced[i].replayed)
	}
	l.heldUnsequenced, l.heldOut, l.heldIn, l.queue, l.chunks = nil, nil, nil, nil, nil
	for i, other := range l.injector.conns {
		if other == l {
			l.injector.conns = append(l.injector.conns[:i], l.injector.conns[i+1:]...)
			break
		}
	}
	l.gateway.SetTap(nil)
	l.gateway.Disconnected(now)
}

// tick does what is due.
func (l *Conn) tick() {
	now := l.injector.now
	l.next = math.MaxInt64
	if l.halfOpen {
		l.schedule(l.halfOpenUntil)
		if now >= l.halfOpenUntil {
			l.next = math.MaxInt64
			l.markDirty()
		}
		return
	}
	if now < l.stalledUntil {
		l.schedule(l.stalledUntil)
		return
	}
	l.tickIn()
	l.tickUnsequenced()
	l.tickOut()
	l.markDirty() // whoever asks what is pending then has the next piece scheduled
}
