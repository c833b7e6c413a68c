package fault

import (
	"math"
	"math/rand/v2"

	"github.com/smk-go/smk/sim/peer"
	"github.com/smk-go/smk/wire"
)

// What a line may hold back. Beyond it messages pass as if nothing was wrong.
const (
	queueBytes = 64 << 10 // taken from the peer and not handed out: then no more is taken
	heldMax    = 64       // messages held back, of each sort
	heldBytes  = 16 << 10 // of one message
	dripBytes  = 8
	splitBytes = 6 // most of a piece
	patience   = 100 * 1_000_000
	scratch    = 4096
)

// Line is one connection with its faults. It has the methods of a [peer.Peer] that a driver
// uses, with the same meaning, but for two: Free may return an empty slice that is not nil,
// which means that nothing is to be read for now, and what Pending has not handed out may
// come later without another message; [Faults.Dirty] tells.
type Line struct {
	f      *Faults
	p      *peer.Peer
	serial uint64
	plan   Plan
	random *rand.Rand
	forced [Kinds]int
	counts [Kinds]uint64
	active bool // frames are looked at
	marked bool
	next   int64 // when tick has something to do

	// Outgoing.
	direct  bool   // what was handed out last is the peer's memory
	lent    []byte // that memory
	partial int    // bytes of a frame that were not written yet when it was handed out directly
	queue   []byte
	chunks  []chunk
	late    []held   // frames that come later
	skipped []uint64 // sequences that are not sent

	// Incoming.
	in     []byte // what Free returned last; nil if it was not the peer's
	waste  []byte // where a half-open line reads to
	lateIn []held // payloads that come later

	// Before the sequence.
	before []heldBody

	stalled int64 // nothing moves until then
	deaf    bool  // half-open
	deafEnd int64
	cutting bool // the queue ends in the middle of a frame: then the connection ends
}

// Peer returns the session's end of the line.
func (l *Line) Peer() *peer.Peer { return l.p }

// Set puts a plan into force on this line. What is held back already still comes.
func (l *Line) Set(plan Plan) {
	l.plan = plan.resolve()
	l.wake()
}

// Plan returns what is in force.
func (l *Line) Plan() Plan { return l.plan }

// Force makes a kind happen at its next n occasions.
func (l *Line) Force(k Kind, n int) {
	l.forced[k] = n
	l.wake()
}

// Counts returns how often each kind happened.
func (l *Line) Counts() [Kinds]uint64 { return l.counts }

// wake finds out whether frames have to be looked at.
func (l *Line) wake() {
	l.active = !l.plan.Calm() || l.forced != [Kinds]int{}
}

// hit draws whether a kind happens.
func (l *Line) hit(k Kind) bool {
	switch c := l.plan.Chance[k]; {
	case l.forced[k] > 0:
		l.forced[k]--
	case c == 0 || l.random.Uint32N(Million) >= c:
		return false
	}
	l.counts[k]++
	l.f.total[k]++
	return true
}

// upTo draws a moment from now on.
func (l *Line) upTo(most int64) int64 { return l.f.now + 1 + l.random.Int64N(most) }

// at asks for a tick.
func (l *Line) at(t int64) { l.next = min(l.next, t) }

func (l *Line) mark() {
	if !l.marked {
		l.marked = true
		l.f.dirty = append(l.f.dirty, l)
	}
}

// Username returns the account's, "" before the login.
func (l *Line) Username() string { return l.p.Username() }

// Free returns where the driver reads to: nil once the connection is to be closed, empty if
// nothing is to be read for now.
func (l *Line) Free() []byte {
	switch {
	case l.deaf:
		l.in = nil
		if l.waste == nil {
			l.waste = make([]byte, scratch)
		}
		return l.waste
	case l.f.now < l.stalled:
		l.in = nil
		return []byte{}
	}
	l.in = l.p.Free()
	return l.in
}

// Filled takes n bytes that were read into what Free returned.
func (l *Line) Filled(now int64, n int) {
	l.f.now = max(l.f.now, now)
	if l.in == nil || l.deaf {
		return // read before it went deaf, or after
	}
	if n > 0 && l.active && l.hit(CorruptIn) {
		l.in[l.random.IntN(n)] ^= 1 << l.random.IntN(8)
	}
	l.p.Filled(now, n)
}

// Pending returns the bytes to be sent next, nil if there are none for now.
func (l *Line) Pending() []byte {
	if l.deaf {
		l.pull()
		return nil
	}
	if l.f.now < l.stalled {
		return nil
	}
	if !l.active && len(l.queue) == 0 && len(l.late) == 0 && len(l.skipped) == 0 {
		l.direct, l.lent = true, l.p.Pending()
		return l.lent
	}
	l.direct, l.lent = false, nil
	l.pull()
	if l.f.now < l.stalled {
		return nil
	}
	return l.front()
}

// Written says that the first n bytes of Pending were sent.
func (l *Line) Written(n int) {
	if l.direct {
		l.follow(n)
		l.p.Written(n)
		l.lent = l.lent[min(n, len(l.lent)):]
		return
	}
	l.shift(n)
}

// follow keeps count of where frames end in what was handed out directly.
func (l *Line) follow(n int) {
	for l.partial < n {
		_, size, err := wire.Scan(l.lent[l.partial:], wire.Limits{})
		if size == 0 || err != nil {
			panic("BUG: sim: the exchange sent half a frame")
		}
		l.partial += size
	}
	l.partial -= n
}

// Err returns why the exchange ended the connection, nil if it did so in order or not at
// all.
func (l *Line) Err() error {
	if l.deaf && l.f.now < l.deafEnd {
		return nil
	}
	return l.p.Err()
}

// Dead reports whether the line is half-open: nothing reaches its client any more.
func (l *Line) Dead() bool { return l.deaf }

// Ending reports whether the last message is queued.
func (l *Line) Ending() bool { return !l.deaf && (l.cutting || l.p.Ending()) }

// Closing reports whether the driver is to close the connection, now.
func (l *Line) Closing() bool {
	switch {
	case l.deaf:
		return l.f.now >= l.deafEnd
	case l.cutting:
		return len(l.queue) == 0
	}
	return l.p.Closing() && (l.p.Err() != nil || len(l.queue) == 0 && len(l.late) == 0)
}

// Lost says that the transport is gone. It must be the last call on a line. What was held
// back before it got a sequence gets one now, so that a resumed session has it.
func (l *Line) Lost(now int64) {
	l.f.now = max(l.f.now, now)
	for i := range l.before {
		l.p.Send(&l.before[i].body, l.before[i].replayed)
	}
	l.before, l.late, l.lateIn, l.queue, l.chunks = nil, nil, nil, nil, nil
	for i, other := range l.f.lines {
		if other == l {
			l.f.lines = append(l.f.lines[:i], l.f.lines[i+1:]...)
			break
		}
	}
	l.p.SetTap(nil)
	l.p.Lost(now)
}

// tick does what is due.
func (l *Line) tick() {
	now := l.f.now
	l.next = math.MaxInt64
	if l.deaf {
		l.at(l.deafEnd)
		if now >= l.deafEnd {
			l.next = math.MaxInt64
			l.mark()
		}
		return
	}
	if now < l.stalled {
		l.at(l.stalled)
		return
	}
	l.tickIn()
	l.tickBefore()
	l.tickLate()
	l.mark() // whoever asks what is pending then has the next piece scheduled
}
