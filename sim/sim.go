package sim

import (
	"math"

	"github.com/smk-go/smk/sim/core"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/life"
	"github.com/smk-go/smk/sim/peer"
)

// Sim is an exchange without sockets or a clock of its own: clock readings, and
// the bytes of each connection, are handed in. Same configuration and same
// inputs give the same bytes. It belongs to one goroutine.
type Sim struct {
	Exchange *core.Exchange // the truth, and the hands of other participants
	Host     *peer.Host     // the front door
	Faults   *fault.Faults  // what goes wrong on the lines of Open and of a server

	life   *life.Life
	agenda func(now int64) (next int64) // may be nil
	now    int64
	soon   int64 // when the participants act next
}

// New returns an exchange to be driven by hand. The error names the field that
// cannot be used. Close gives its memory back.
func New(c Config) (*Sim, error) {
	var err error
	if c.Life, err = c.Life.Resolve(); err != nil {
		return nil, err
	}
	if c.Now == 0 {
		c.Now = Beginning
	}
	if c.Limits.History, err = c.history(); err != nil {
		return nil, err
	}
	x, err := core.New(c.exchange())
	if err != nil {
		return nil, err
	}
	h, err := peer.NewHost(x, c.sessions())
	if err != nil {
		return nil, err
	}
	return &Sim{Exchange: x, Host: h, Faults: fault.New(c.Seed, c.Faults), life: life.New(x, c.Life, c.Seed, c.Now), now: c.Now}, nil
}

// Now returns the latest clock reading.
func (s *Sim) Now() int64 { return s.now }

// Connect opens a connection. What the client sends goes through the peer's Free
// and Filled, what it receives comes from Pending; see [peer.Peer].
func (s *Sim) Connect() (*peer.Peer, error) { return s.Host.Accept(s.now) }

// Open is Connect through a line on which things may go wrong; see Faults. The
// error is [fault.ErrRefused], or says why nobody can connect.
func (s *Sim) Open() (*fault.Line, error) { return s.Faults.Connect(s.Host, s.now) }

// SetAgenda has f called at every Tick, after the exchange did what was due; f returns
// when it wants to be called at the latest. nil ends it.
func (s *Sim) SetAgenda(f func(now int64) (next int64)) { s.agenda = f }

// SetLife changes how many actions the other participants take per second; 0 pauses
// them. It reports false if there are none: they live in exchanges whose configuration
// has a rate.
func (s *Sim) SetLife(rate int) bool { return s.life.SetRate(s.now, rate) }

// Tick brings the clock to now and does all that is due: the participants'
// actions, confirmations, heartbeats, timeouts. It returns when to call again at
// the latest. A reading that is not later than the latest does nothing new.
func (s *Sim) Tick(now int64) (next int64) { return s.step(now, now) }

// step is Tick with the participants' clock apart, so that a server that was held
// up can let them catch up little by little while it goes on sending.
func (s *Sim) step(now, lifeNow int64) (next int64) {
	s.now = max(s.now, now)
	s.Exchange.Advance(s.now)
	due := int64(math.MaxInt64)
	if s.agenda != nil {
		due = s.agenda(s.now)
	}
	s.soon = s.life.Tick(lifeNow)
	faults := s.Faults.Tick(s.now)
	return min(due, s.soon, faults, s.Host.Tick(s.now), s.Exchange.Due())
}

// Close gives all memory back. The Sim, its host and its peers must not be used
// any more.
func (s *Sim) Close() error { return s.Host.Close() }
