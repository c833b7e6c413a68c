package sim

import (
	"errors"
	"math"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/gateway"
	"github.com/smk-go/smk/sim/internal/agents"
)

// Sim is an exchange without sockets and without a clock: clock readings and the bytes of each
// connection are passed in. The same configuration and the same calls give the same bytes. It
// belongs to one goroutine.
type Sim struct {
	Exchange *exchange.Exchange // accounts, markets and orders, and the operator's commands
	Faults   *fault.Injector    // the faults of its connections

	gateway   *gateway.Gateway
	agents    *agents.Agents
	onTick    func(now int64) (next int64) // may be nil
	now       int64
	agentsDue int64 // when the participants act next
}

// New returns an exchange to be driven by the caller. The error is an [*exchange.ConfigError] that
// names the field, a [*StateError], or says which size of a buffer is invalid. Close releases its memory.
func New(c Config) (*Sim, error) {
	if c.StateFile.Path != "" {
		return nil, &exchange.ConfigError{Field: "StateFile", Text: "is of a server"}
	}
	agentsConfig, err := agents.Config(c.Agents).Resolve()
	if err != nil {
		return nil, err
	}
	if c.Now == 0 {
		c.Now = Beginning
	}
	if c.Limits.History, err = c.history(); err != nil {
		return nil, err
	}
	x, err := exchange.New(c.exchangeConfig(agentsConfig.Accounts()))
	if err != nil {
		return nil, err
	}
	g, err := gateway.New(gateway.Simulated(x), c.gatewayConfig())
	if err != nil {
		return nil, err
	}
	s := &Sim{
		Exchange: x, Faults: fault.New(c.Seed, c.Faults),
		gateway: g, agents: agents.New(x, agentsConfig, c.Seed, c.Now), now: c.Now,
	}
	if len(c.State) > 0 {
		if err := s.loadState(c.State); err != nil {
			return nil, errors.Join(err, g.Close())
		}
		if s.now = max(c.Now, x.Now()); s.now > x.Now() {
			s.agents.Shift(s.now - x.Now())
		}
	}
	return s, nil
}

// Now returns the latest clock reading, nanoseconds since 1970.
func (s *Sim) Now() int64 { return s.now }

// Open opens a connection at the latest clock reading. The caller passes the client's bytes by Free
// and Filled and takes the exchange's by Pending and Written; see [fault.Conn]. The error is
// [fault.ErrRefused], [ErrTooManyConnections], or that of a buffer that could not be mapped.
func (s *Sim) Open() (*fault.Conn, error) { return s.Faults.Connect(s.gateway, s.now) }

// SetOnTick sets a function that every Tick calls after the exchange did what was due. It returns
// the clock reading of its next call at the latest. nil removes it.
func (s *Sim) SetOnTick(f func(now int64) (next int64)) { s.onTick = f }

// SetAgentRate sets how many actions the other participants take per second, 0 to 1,000,000. It
// reports false if the rate is out of range or the exchange started without participants.
func (s *Sim) SetAgentRate(rate int) bool { return s.agents.SetRate(s.now, rate) }

// SetThrottle changes the throttle of every session and sends each the new limits. Zero fields
// mean the defaults.
func (s *Sim) SetThrottle(t Throttle) { s.gateway.SetThrottle(s.now, gateway.Throttle(t)) }

// LogoutAll logs every client out.
func (s *Sim) LogoutAll(reason msg.EtoLogoutReason) { s.gateway.LogoutAll(s.now, reason) }

// RefuseLogins answers every login from now on with a logout of this reason; 0 accepts logins
// again. Open sessions continue.
func (s *Sim) RefuseLogins(reason msg.EtoLogoutReason) { s.gateway.RefuseLogins(reason) }

// DropSessions is what clients see when an exchange crashes and restarts with its state kept, as one that goes on from
// [Config].State: connections end without a logout and no session can be resumed. Account sequences go on, and
// reports, orders, positions, money and dead man's switches stay.
func (s *Sim) DropSessions() { s.gateway.DropSessions(s.now) }

// Restart is what clients see when an exchange crashes and restarts with new account sequences:
// connections end without a logout, no session can be resumed, and reports are numbered from 1
// again; see [exchange.Exchange.RestartSequences]. Orders, positions and money stay.
func (s *Sim) Restart() {
	s.DropSessions()
	s.Exchange.RestartSequences()
}

// Heartbeat sends every client that is logged in a heartbeat at the latest clock reading, besides those that are due,
// and returns how many there are. Clients answer each with one of their own once they have taken what was sent before:
// that is how a program that makes time pass learns that a client has kept up.
func (s *Sim) Heartbeat() (clients int) { return s.gateway.Heartbeat(s.now) }

// Tick advances the clock to now, nanoseconds since 1970, and does what is due: the participants'
// actions, confirmations, heartbeats, timeouts. It returns the clock reading of the next Tick at
// the latest. A reading that is not later than the latest one does nothing.
func (s *Sim) Tick(now int64) (next int64) { return s.tick(now, now) }

// tick is Tick with a clock reading of their own for the participants, so that a server that was
// held up lets them catch up in small steps while it goes on sending.
func (s *Sim) tick(now, agentsNow int64) (next int64) {
	s.now = max(s.now, now)
	s.Exchange.Advance(s.now)
	due := int64(math.MaxInt64)
	if s.onTick != nil {
		due = s.onTick(s.now)
	}
	s.agentsDue = s.agents.Tick(agentsNow)
	faults := s.Faults.Tick(s.now)
	return min(due, s.agentsDue, faults, s.gateway.Tick(s.now), s.Exchange.Due())
}

// Close releases all memory. The Sim and its connections must not be used any more; what the
// exchange knows can still be read.
func (s *Sim) Close() error { return s.gateway.Close() }
