package fault

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/smk-go/smk/sim/peer"
)

// ErrRefused is why a connection was not taken.
var ErrRefused = errors.New("sim: the connection is refused by a fault")

// Faults holds the lines of one exchange. It belongs to the goroutine that owns the
// exchange.
type Faults struct {
	seed   uint64
	serial uint64 // connections so far, refused ones too
	plan   Plan
	swarm  bool
	lines  []*Line // in the order of Connect
	dirty  []*Line
	now    int64
	forced int // connections still to be refused
	total  [Kinds]uint64
}

// New returns the faults of an exchange; every line starts with the plan.
func New(seed uint64, plan Plan) *Faults { return &Faults{seed: seed, plan: plan.resolve()} }

// Set puts a plan into force on every line, present and future.
func (f *Faults) Set(plan Plan) {
	f.plan, f.swarm = plan.resolve(), false
	for _, l := range f.lines {
		l.Set(plan)
	}
}

// SetSwarm draws a plan for every line, present and future, from the seed and the line's
// number.
func (f *Faults) SetSwarm() {
	f.swarm = true
	for _, l := range f.lines {
		l.Set(Swarm(f.random(l.serial, planStream)))
	}
}

const (
	planStream  = 0xb1a4
	faultStream = 0xfa17
)

// random returns the numbers of one line.
func (f *Faults) random(serial, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(f.seed, serial<<16|stream))
}

// Refuse refuses the next n connections.
func (f *Faults) Refuse(n int) { f.forced = n }

// Connect opens a connection to a host. The error is [ErrRefused], or the host's.
func (f *Faults) Connect(h *peer.Host, now int64) (*Line, error) {
	f.now = max(f.now, now)
	l := &Line{f: f, serial: f.serial, random: f.random(f.serial, faultStream), next: math.MaxInt64}
	f.serial++
	l.plan = f.plan
	if f.swarm {
		l.plan = Swarm(f.random(l.serial, planStream)).resolve()
	}
	if f.forced > 0 {
		f.forced--
		l.forced[Refuse]++
	}
	if l.hit(Refuse) {
		return nil, ErrRefused
	}
	p, err := h.Accept(now)
	if err != nil {
		return nil, err
	}
	l.p = p
	l.wake()
	p.SetTap(l)
	f.lines = append(f.lines, l)
	return l, nil
}

// Tick does what is due at now and returns when to call again at the latest. Lines that
// got something to hand out, or a reason to end, are told by [Faults.Dirty].
func (f *Faults) Tick(now int64) (next int64) {
	f.now = max(f.now, now)
	for _, l := range f.lines {
		if l.next <= f.now {
			l.tick()
		}
	}
	return f.Due()
}

// Due returns when [Faults.Tick] has something to do next.
func (f *Faults) Due() int64 {
	due := int64(math.MaxInt64)
	for _, l := range f.lines {
		due = min(due, l.next)
	}
	return due
}

// Dirty calls yield for every line that has something new for its driver since the last
// call, besides what the host's own Dirty tells.
func (f *Faults) Dirty(yield func(*Line)) {
	for i := 0; i < len(f.dirty); i++ {
		l := f.dirty[i]
		l.marked = false
		yield(l)
	}
	clear(f.dirty)
	f.dirty = f.dirty[:0]
}

// Lines returns the open connections in the order of Connect. The slice belongs to the
// Faults and is valid until the next connection comes or goes.
func (f *Faults) Lines() []*Line { return f.lines }

// Total returns how often each kind happened, on all lines that there ever were.
func (f *Faults) Total() [Kinds]uint64 { return f.total }
