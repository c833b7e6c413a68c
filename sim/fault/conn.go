package fault

import (
	"math"
	"math/rand/v2"

	"github.com/smk-go/smk/sim/gateway"
	"github.com/smk-go/smk/wire"
)

// Limits of what a connection holds back. Beyond them messages pass without a fault.
const (
	queueBytes     = 64 << 10 // taken from the gateway and not sent; then no more is taken
	heldMax        = 64       // messages held back, in each list
	heldBytes      = 16 << 10 // of one message
	dripBytes      = 8
	splitBytes     = 6 // the most bytes of a piece
	reorderTimeout = 100 * 1_000_000
	scratch        = 4096
)

// Conn is one connection with its faults, as its driver sees it. A driver reads from the client into Free and
// calls Filled; it writes Pending to the client and calls Written; it closes the connection once Closing reports
// true; and it calls Disconnected last. Free may return an empty slice that is not nil: nothing is to be read for
// now. Bytes may become pending without another message; the exchange's Tick says when.
type Conn struct {
	injector *Injector
	gateway  *gateway.Conn
	serial   uint64
	plan     Plan
	random   *rand.Rand
	forced   [Kinds]int
	counts   [Kinds]uint64
	active   bool // frames are inspected
	dirty    bool
	changed  bool  // since Changed was called
	next     int64 // when tick has something to do next

	out outgoing

	// Incoming.
	in      []byte      // what Free last returned; nil if not the gateway's
	discard []byte      // where a half-open connection reads into
	heldIn  []heldFrame // payloads that are delivered later

	// Before the sequence.
	heldUnsequenced []heldMessage

	stalledUntil  int64 // nothing moves until then
	halfOpen      bool  // nothing moves any more
	halfOpenUntil int64
	cut           bool // the queue ends inside a frame; then the connection closes
}

// outgoing is the outgoing direction of a connection.
type outgoing struct {
	passThrough bool   // Pending last returned the gateway's memory
	borrowed    []byte // that memory
	partial     int    // bytes of a frame that was partly written while passing through
	queue       []byte
	chunks      []chunk
	held        []heldFrame // frames that are sent later
	skipped     []uint64    // sequences that are not sent
}

// Gateway returns the gateway's half of the connection, for package sim.
func (c *Conn) Gateway() *gateway.Conn { return c.gateway }

// Set changes the plan of this connection. Messages already held back still arrive.
func (c *Conn) Set(plan Plan) {
	c.plan = plan.Resolve()
	c.updateActive()
}

// Plan returns the plan in force, with its defaults.
func (c *Conn) Plan() Plan { return c.plan }

// Force injects a kind at its next n occasions.
func (c *Conn) Force(k Kind, n int) {
	c.forced[k] = n
	c.updateActive()
}

// Counts returns how often each kind happened on this connection.
func (c *Conn) Counts() [Kinds]uint64 { return c.counts }

// updateActive recomputes whether frames have to be inspected.
func (c *Conn) updateActive() {
	c.active = !c.plan.Inactive() || c.forced != [Kinds]int{}
}

// inject decides at random whether a kind happens, and counts it.
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

// randomTime returns a random time after now, at most limit later.
func (c *Conn) randomTime(limit int64) int64 { return c.injector.now + 1 + c.random.Int64N(limit) }

// schedule requests a tick at t.
func (c *Conn) schedule(t int64) { c.next = min(c.next, t) }

func (c *Conn) markDirty() {
	c.changed = true
	if !c.dirty {
		c.dirty = true
		c.injector.dirty = append(c.injector.dirty, c)
	}
}

// Changed reports whether the connection got something new for its driver since the last call. It is for drivers of few
// connections, which need not call Dirty of the gateway and of the [Injector].
func (c *Conn) Changed() bool {
	changed := c.changed
	c.changed = false
	return c.gateway.Changed() || changed
}

// Heartbeats returns how many heartbeats the client has sent.
func (c *Conn) Heartbeats() uint64 { return c.gateway.Stats().Heartbeats }

// Username returns the account's username, "" before the login.
func (c *Conn) Username() string { return c.gateway.Username() }

// NextSequence returns the sequence of the next message to the client: one that has received all before it, and for
// which nothing is held back, knows what the exchange has said.
func (c *Conn) NextSequence() (next uint64, held bool) {
	return c.gateway.NextSequence(), len(c.heldUnsequenced) > 0
}

// ExpectedSequence returns the sequence that the next message of the client has to have: all before it have arrived.
func (c *Conn) ExpectedSequence() uint64 { return c.gateway.ExpectedSequence() }

// Free returns the memory that the driver reads into: nil once the connection is closing, empty if nothing is to be
// read for now. It is valid until Filled.
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

// Filled handles n bytes that were read into what Free returned, at the clock reading now.
func (c *Conn) Filled(now int64, n int) {
	c.injector.now = max(c.injector.now, now)
	if c.in == nil || c.halfOpen {
		return // the read began, or ended, while half-open
	}
	if n > 0 && c.active && c.inject(CorruptIn) {
		c.in[c.random.IntN(n)] ^= 1 << c.random.IntN(8)
	}
	c.gateway.Filled(now, n)
}

// Pending returns the bytes to send next, nil if there are none for now. They are valid until Written.
func (c *Conn) Pending() []byte {
	if c.halfOpen {
		c.processOut()
		return nil
	}
	if c.injector.now < c.stalledUntil {
		return nil
	}
	if !c.active && !c.cut && len(c.out.queue) == 0 && len(c.out.held) == 0 && len(c.out.skipped) == 0 {
		c.out.passThrough, c.out.borrowed = true, c.gateway.Pending()
		return c.out.borrowed
	}
	c.out.passThrough, c.out.borrowed = false, nil
	c.processOut()
	if c.injector.now < c.stalledUntil {
		return nil
	}
	return c.nextChunk()
}

// Written consumes the first n bytes of Pending, which were sent.
func (c *Conn) Written(n int) {
	if c.out.passThrough {
		c.trackFrames(n)
		c.gateway.Written(n)
		c.out.borrowed = c.out.borrowed[min(n, len(c.out.borrowed)):]
		return
	}
	c.consume(n)
}

// trackFrames keeps track of where frames end in what passed through.
func (c *Conn) trackFrames(n int) {
	if n == len(c.out.borrowed) {
		c.out.partial = 0 // it ended where a frame does
		return
	}
	for c.out.partial < n {
		_, size, err := wire.Scan(c.out.borrowed[c.out.partial:], wire.Limits{})
		if size == 0 || err != nil {
			panic("BUG: sim: the exchange sent half a frame")
		}
		c.out.partial += size
	}
	c.out.partial -= n
}

// Err returns why the exchange aborted the connection. It is nil if it did not, or ended it by a logout.
func (c *Conn) Err() error {
	if c.halfOpen && c.injector.now < c.halfOpenUntil {
		return nil
	}
	return c.gateway.Err()
}

// HalfOpen reports whether the connection is half-open: nothing reaches its client any more.
func (c *Conn) HalfOpen() bool { return c.halfOpen }

// Draining reports whether the last message is queued but not sent. The driver should limit the time for it.
func (c *Conn) Draining() bool { return !c.halfOpen && (c.cut || c.gateway.Draining()) }

// Closing reports whether the driver must close the connection now.
func (c *Conn) Closing() bool {
	switch {
	case c.halfOpen:
		return c.injector.now >= c.halfOpenUntil
	case c.cut:
		return len(c.out.queue) == 0
	}
	return c.gateway.Closing() && (c.gateway.Err() != nil || len(c.out.queue) == 0 && len(c.out.held) == 0)
}

// Disconnected tells the exchange that the transport is closed. It must be the last call on a connection. Messages
// that were held back without a sequence get one now, so that a resumed session has them.
func (c *Conn) Disconnected(now int64) {
	c.injector.now = max(c.injector.now, now)
	for i := range c.heldUnsequenced {
		c.gateway.Send(&c.heldUnsequenced[i].body, c.heldUnsequenced[i].replayed)
	}
	c.heldUnsequenced, c.out.held, c.heldIn, c.out.queue, c.out.chunks = nil, nil, nil, nil, nil
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
	c.markDirty() // so that Pending schedules the next piece
}
