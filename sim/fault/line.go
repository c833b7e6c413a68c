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
func (c *Conn) Gateway() *gateway.Conn { return c.gateway }

// Set puts a plan into force on this line. What is held back already still comes.
func (c *Conn) Set(plan Plan) {
	c.plan = plan.resolve()
	c.updateActive()
}

// Plan returns what is in force.
func (c *Conn) Plan() Plan { return c.plan }

// Force makes a kind happen at its next n occasions.
func (c *Conn) Force(k Kind, n int) {
	c.forced[k] = n
	c.updateActive()
}

// Counts returns how often each kind happened.
func (c *Conn) Counts() [Kinds]uint64 { return c.counts }

// wake finds out whether frames have to be looked at.
func (c *Conn) updateActive() {
	c.active = !c.plan.Inactive() || c.forced != [Kinds]int{}
}

// hit draws whether a kind happens.
func (c *Conn) inject(k Kind) bool {
	switch chance := c.plan.Chance[k]; {
	case c.forced[k] > 0:
		c.forced[k]--
	case chance == 0 || c.random.Uint32N(Million) >= chance:
		return false
	}
	c.counts[k]++
	c.injector.total[k]++
	return true
}

// randomTime draws a moment from now on.
func (c *Conn) randomTime(most int64) int64 { return c.injector.now + 1 + c.random.Int64N(most) }

// at asks for a tick.
func (c *Conn) schedule(t int64) { c.next = min(c.next, t) }

func (c *Conn) markDirty() {
	if !c.dirty {
		c.dirty = true
		c.injector.dirty = append(c.injector.dirty, c)
	}
}

// Username returns the account's, "" before the login.
func (c *Conn) Username() string { return c.gateway.Username() }

// Free returns where the driver reads to: nil once the connection is to be closed, empty if
// nothing is to be read for now.
func (c *Conn) Free() []byte {
	switch {
	case c.halfOpen:
		c.in = nil
		if c.discard == nil {
			c.discard = make([]byte, scratch)
		}
		return c.discard
	case c.injector.now < c.stalledUntil:
		c.in = nil
		return []byte{}
	}
	c.in = c.gateway.Free()
	return c.in
}

// Filled takes n bytes that were read into what Free returned.
func (c *Conn) Filled(now int64, n int) {
	c.injector.now = max(c.injector.now, now)
	if c.in == nil || c.halfOpen {
		return // read before it went deaf, or after
	}
	if n > 0 && c.active && c.inject(CorruptIn) {
		c.in[c.random.IntN(n)] ^= 1 << c.random.IntN(8)
	}
	c.gateway.Filled(now, n)
}

// Pending returns the bytes to be sent next, nil if there are none for now.
func (c *Conn) Pending() []byte {
	if c.halfOpen {
		c.processOut()
		return nil
	}
	if c.injector.now < c.stalledUntil {
		return nil
	}
	if !c.active && len(c.queue) == 0 && len(c.heldOut) == 0 && len(c.skipped) == 0 {
		c.passThrough, c.borrowed = true, c.gateway.Pending()
		return c.borrowed
	}
	c.passThrough, c.borrowed = false, nil
	c.processOut()
	if c.injector.now < c.stalledUntil {
		return nil
	}
	return c.nextChunk()
}

// Written says that the first n bytes of Pending were sent.
func (c *Conn) Written(n int) {
	if c.passThrough {
		c.trackFrames(n)
		c.gateway.Written(n)
		c.borrowed = c.borrowed[min(n, len(c.borrowed)):]
		return
	}
	c.consume(n)
}

// follow keeps count of where frames end in what was handed out directly.
func (c *Conn) trackFrames(n int) {
	for c.partial < n {
		_, size, err := wire.Scan(c.borrowed[c.partial:], wire.Limits{})
		if size == 0 || err != nil {
			panic("BUG: sim: the exchange sent half a frame")
		}
		c.partial += size
	}
	c.partial -= n
}

// Err returns why the exchange ended the connection, nil if it did so in order or not at
// all.
func (c *Conn) Err() error {
	if c.halfOpen && c.injector.now < c.halfOpenUntil {
		return nil
	}
	return c.gateway.Err()
}

// HalfOpen reports whether the line is half-open: nothing reaches its client any more.
func (c *Conn) HalfOpen() bool { return c.halfOpen }

// Draining reports whether the last message is queued.
func (c *Conn) Draining() bool { return !c.halfOpen && (c.cut || c.gateway.Draining()) }

// Closing reports whether the driver is to close the connection, now.
func (c *Conn) Closing() bool {
	switch {
	case c.halfOpen:
		return c.injector.now >= c.halfOpenUntil
	case c.cut:
		return len(c.queue) == 0
	}
	return c.gateway.Closing() && (c.gateway.Err() != nil || len(c.queue) == 0 && len(c.heldOut) == 0)
}

// Disconnected says that the transport is gone. It must be the last call on a line. What was held
// back before it got a sequence gets one now, so that a resumed session has it.
func (c *Conn) Disconnected(now int64) {
	c.injector.now = max(c.injector.now, now)
	for i := range c.heldUnsequenced {
		c.gateway.Send(&c.heldUnsequenced[i].body, c.heldUnsequenced[i].replayed)
	}
	c.heldUnsequenced, c.heldOut, c.heldIn, c.queue, c.chunks = nil, nil, nil, nil, nil
	for i, other := range c.injector.conns {
		if other == c {
			c.injector.conns = append(c.injector.conns[:i], c.injector.conns[i+1:]...)
			break
		}
	}
	c.gateway.SetTap(nil)
	c.gateway.Disconnected(now)
}

// tick does what is due.
func (c *Conn) tick() {
	now := c.injector.now
	c.next = math.MaxInt64
	if c.halfOpen {
		c.schedule(c.halfOpenUntil)
		if now >= c.halfOpenUntil {
			c.next = math.MaxInt64
			c.markDirty()
		}
		return
	}
	if now < c.stalledUntil {
		c.schedule(c.stalledUntil)
		return
	}
	c.tickIn()
	c.tickUnsequenced()
	c.tickOut()
	c.markDirty() // whoever asks what is pending then has the next piece scheduled
}
