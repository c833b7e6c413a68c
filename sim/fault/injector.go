package fault

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/smk-go/smk/sim/gateway"
)

// ErrRefused is why a connection was refused.
var ErrRefused = errors.New("sim: connection refused by a fault")

// Injector injects faults into the connections of one exchange. It belongs to the goroutine that owns the
// exchange.
type Injector struct {
	seed   uint64
	serial uint64 // connections so far, including refused ones
	plan   Plan
	swarm  bool
	conns  []*Conn // in the order of Connect
	dirty  []*Conn
	now    int64
	forced int // connections still to be refused by RefuseNext
	total  [Kinds]uint64
}

// New returns an injector; every connection starts with the plan.
func New(seed uint64, plan Plan) *Injector { return &Injector{seed: seed, plan: plan.Resolve()} }

// Set changes the plan of every connection, open or future, and ends swarm mode.
func (f *Injector) Set(plan Plan) {
	f.plan, f.swarm = plan.Resolve(), false
	for _, c := range f.conns {
		c.Set(plan)
	}
}

// SetSwarm starts swarm mode: every connection, open or future, gets a random plan that follows from the seed
// and the connection's number.
func (f *Injector) SetSwarm() {
	f.swarm = true
	for _, c := range f.conns {
		c.Set(Swarm(f.random(c.serial, planStream)))
	}
}

const (
	planStream  = 0xb1a4
	faultStream = 0xfa17
)

// random returns the random numbers of one connection.
func (f *Injector) random(serial, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(f.seed, serial<<16|stream))
}

// RefuseNext refuses the next n connections.
func (f *Injector) RefuseNext(n int) { f.forced = n }

// Connect opens a connection to a gateway, for package sim. The error is [ErrRefused], or the gateway's.
func (f *Injector) Connect(g *gateway.Gateway, now int64) (*Conn, error) {
	f.now = max(f.now, now)
	c := &Conn{injector: f, serial: f.serial, random: f.random(f.serial, faultStream), next: math.MaxInt64}
	f.serial++
	c.plan = f.plan
	if f.swarm {
		c.plan = Swarm(f.random(c.serial, planStream)).Resolve()
	}
	if f.forced > 0 {
		f.forced--
		c.forced[Refuse]++
	}
	if c.inject(Refuse) {
		return nil, ErrRefused
	}
	gc, err := g.Accept(now)
	if err != nil {
		return nil, err
	}
	c.gateway = gc
	c.updateActive()
	gc.SetTap(tap{c})
	f.conns = append(f.conns, c)
	return c, nil
}

// Tick does what is due at now, a clock reading in nanoseconds, and returns the reading of the next call at
// the latest. [Injector.Dirty] yields the connections that have something to send, or are to be closed.
func (f *Injector) Tick(now int64) (next int64) {
	f.now = max(f.now, now)
	if next = f.Due(); next > f.now {
		return next
	}
	for _, c := range f.conns {
		if c.next <= f.now {
			c.tick()
		}
	}
	return f.Due()
}

// Due returns the clock reading at which [Injector.Tick] has something to do next.
func (f *Injector) Due() int64 {
	due := int64(math.MaxInt64)
	for _, c := range f.conns {
		due = min(due, c.next)
	}
	return due
}

// Dirty calls yield for every connection that has something new for its driver since the last call, in
// addition to those of the gateway's own Dirty.
func (f *Injector) Dirty(yield func(*Conn)) {
	for i := 0; i < len(f.dirty); i++ {
		c := f.dirty[i]
		c.dirty = false
		yield(c)
	}
	clear(f.dirty)
	f.dirty = f.dirty[:0]
}

// Conns returns the open connections in the order of Connect. The slice belongs to the Injector and is valid
// until a connection opens or closes.
func (f *Injector) Conns() []*Conn { return f.conns }

// Total returns how often each kind happened, on all connections so far.
func (f *Injector) Total() [Kinds]uint64 { return f.total }
