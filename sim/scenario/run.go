package scenario

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/bot"
	"github.com/smk-go/smk/sim/core"
)

// Runner is a scenario under way. It belongs to the goroutine that owns the exchange.
type Runner struct {
	scenario *Scenario
	sim      *sim.Sim
	x        *core.Exchange
	start    int64
	next     int  // step
	played   bool // with bots and expectations
	told     func(at time.Duration, text string, err error)
	done     func()
	errs     []error

	bots   map[string]*bot.Bot
	list   []*bot.Bot // in the order of their first word
	places map[string]uint64
	refs   map[string]ref
	ref    uint64
}

// ref is an order that a bot asked for.
type ref struct {
	user      string
	reference uint64
}

// Start starts a scenario on an exchange, without its bots and expectations. It goes on by
// itself whenever the exchange's clock does. told, if not nil, is told of every statement
// when it is carried out, with an error if that was not possible, and done, if not nil, is
// called after the last; neither may block.
func (s *Scenario) Start(on *sim.Sim, told func(at time.Duration, text string, err error), done func()) *Runner {
	r := s.runner(on)
	r.told, r.done = told, done
	on.SetAgenda(r.tick)
	return r
}

func (s *Scenario) runner(on *sim.Sim) *Runner {
	return &Runner{
		scenario: s, sim: on, x: on.Exchange, start: on.Now(),
		bots: make(map[string]*bot.Bot), places: make(map[string]uint64), refs: make(map[string]ref),
	}
}

// Done reports whether everything was carried out.
func (r *Runner) Done() bool { return r.next == len(r.scenario.steps) }

// tick carries out what is due and returns when the next statement is.
func (r *Runner) tick(now int64) (next int64) {
	for !r.Done() {
		st := &r.scenario.steps[r.next]
		if at := r.start + int64(st.at); at > now {
			return at
		}
		r.next++
		if st.bots && !r.played {
			continue
		}
		if st.bots {
			r.rounds() // what was sent before has arrived
		}
		err := st.do(r)
		if d := ""; err == nil && st.check {
			if d = r.x.Audit(); d != "" {
				err = errors.New(d)
			}
		}
		if err != nil {
			err = &Error{r.scenario.file, st.line, strings.TrimPrefix(err.Error(), "sim: ")}
			r.errs = append(r.errs, err)
		}
		if r.told != nil {
			r.told(st.at, st.text, err)
		}
	}
	if r.done != nil {
		r.done()
		r.done = nil
	}
	return math.MaxInt64
}

// Play runs a scenario with its bots in virtual time on an exchange of its own and returns
// everything that was not as expected. The configuration is changed as the scenario asks.
func (s *Scenario) Play(config sim.Config) error {
	if err := s.Apply(&config); err != nil {
		return err
	}
	if err := s.Check(config); err != nil {
		return err
	}
	on, err := sim.New(config)
	if err != nil {
		return err
	}
	r := s.runner(on)
	r.played = true
	on.SetAgenda(r.tick)
	end := on.Now() + int64(s.End)
	for {
		next := on.Tick(on.Now())
		r.rounds()
		if on.Now() >= end && r.Done() {
			break
		}
		on.Tick(min(max(min(next, on.Faults.Due()), on.Now()+1), end))
	}
	return errors.Join(append(r.errs, on.Close())...)
}

// rounds lets every bot take what came, until nobody has anything more.
func (r *Runner) rounds() {
	for range 4 {
		for _, b := range r.list {
			b.Round()
		}
	}
}

// bot returns the bot of an account. Its password is its name, as with the demo's accounts.
func (r *Runner) bot(user string) *bot.Bot {
	b := r.bots[user]
	if b == nil {
		b = bot.New(r.sim, user, user)
		r.bots[user] = b
		r.list = append(r.list, b)
	}
	return b
}

// place puts an order of somebody who is not connected.
func (r *Runner) place(user, name string, o core.Create) error {
	id, refusal := r.x.Submit(user, o)
	if !refusal.OK() {
		return fmt.Errorf("order %s is refused: %s", name, why(refusal))
	}
	r.places[name] = id
	return nil
}

func why(r core.Refusal) string {
	if r.Invalid {
		return "it is invalid"
	}
	return msg.OrderRejectedReason(r.Rejected).String()
}

func (r *Runner) withdraw(user, name string) error {
	id, ok := r.places[name]
	if !ok {
		return fmt.Errorf("there is no order %s", name)
	}
	r.x.Withdraw(user, id)
	return nil
}

// create has a bot ask for an order.
func (r *Runner) create(user, name string, o core.Create) {
	r.ref++
	var m msg.OrderCreate
	m.SetMarketId(o.Market)
	m.SetContractId(o.Contract)
	m.SetSide(o.Side)
	m.SetPrice(o.Price)
	m.SetQuantity(o.Quantity)
	m.SetReference(r.ref)
	if o.TIF != 0 {
		m.SetTif(o.TIF)
	}
	if name != "" {
		r.refs[name] = ref{user, r.ref}
	}
	r.bot(user).Create(&m)
}

// order finds an order by its name.
func (r *Runner) order(name string) (core.OrderTruth, error) {
	if id, ok := r.places[name]; ok {
		if o, ok := r.x.Order(id); ok {
			return o, nil
		}
	}
	if f, ok := r.refs[name]; ok {
		for _, o := range r.x.Orders(f.user) {
			if o.HasReference && o.Reference == f.reference {
				return o, nil
			}
		}
	}
	return core.OrderTruth{}, fmt.Errorf("the exchange has no order %s", name)
}
