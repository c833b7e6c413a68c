package script

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// Runner is a running scenario. It belongs to the goroutine that owns the exchange.
type Runner struct {
	scenario *Scenario
	sim      *sim.Sim
	exchange *exchange.Exchange
	start    int64 // clock reading
	next     int   // index of the next statement
	withBots bool  // and with expectations
	report   func(at time.Duration, text string, err error)
	done     func()
	errs     []error

	bots      map[string]*Bot
	botList   []*Bot            // in the order of their first statement
	submitted map[string]uint64 // by name: ids of orders that no bot sent
	requests  map[string]request
	reference uint64 // the latest
}

// request identifies an order that a bot sent.
type request struct {
	user      string
	reference uint64
}

// Start starts a scenario, without its bots and expectations, by [sim.Sim.SetOnTick]: it advances
// with the exchange's clock. report, if not nil, is called after every statement with its
// time since the start, its text and its error; done, if not nil, after the last one. Both are
// called on the goroutine that owns the exchange and must not block.
func (s *Scenario) Start(on *sim.Sim, report func(at time.Duration, text string, err error), done func()) *Runner {
	r := s.newRunner(on)
	r.report, r.done = report, done
	on.SetOnTick(r.tick)
	return r
}

func (s *Scenario) newRunner(on *sim.Sim) *Runner {
	return &Runner{
		scenario: s, sim: on, exchange: on.Exchange, start: on.Now(),
		bots: make(map[string]*Bot), submitted: make(map[string]uint64), requests: make(map[string]request),
	}
}

// Done reports whether every statement was carried out.
func (r *Runner) Done() bool { return r.next == len(r.scenario.statements) }

// tick carries out the statements that are due and returns when the next one is.
func (r *Runner) tick(now int64) (next int64) {
	for !r.Done() {
		st := &r.scenario.statements[r.next]
		if at := r.start + int64(st.at); at > now {
			return at
		}
		r.next++
		if st.runOnly && !r.withBots {
			continue
		}
		if st.runOnly {
			r.pollBots() // the messages sent before have arrived
		}
		err := st.apply(r)
		if err == nil && st.expects {
			if d := r.exchange.Audit(); d != "" {
				err = errors.New(d)
			}
		}
		if err != nil {
			err = &Error{r.scenario.file, st.line, strings.TrimPrefix(err.Error(), "sim: ")}
			r.errs = append(r.errs, err)
		}
		if r.report != nil {
			r.report(st.at, st.text, err)
		}
	}
	if r.done != nil {
		r.done()
		r.done = nil
	}
	return math.MaxInt64
}

// Run runs a scenario with its bots, in virtual time, on a new exchange of this configuration with
// the scenario's changes. It returns every failed statement and expectation, joined.
func (s *Scenario) Run(config sim.Config) error {
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
	r := s.newRunner(on)
	r.withBots = true
	on.SetOnTick(r.tick)
	end := on.Now() + int64(s.End)
	for {
		next := on.Tick(on.Now())
		r.pollBots()
		if on.Now() >= end && r.Done() {
			break
		}
		on.Tick(min(max(min(next, on.Faults.Due()), on.Now()+1), end))
	}
	return errors.Join(append(r.errs, on.Close())...)
}

// pollBots polls every bot a few times, so that answers to answers are received too.
func (r *Runner) pollBots() {
	for range 4 {
		for _, b := range r.botList {
			b.Poll()
		}
	}
}

// bot returns the bot of an account. Its password is its username, as of the demo accounts.
func (r *Runner) bot(user string) *Bot {
	b := r.bots[user]
	if b == nil {
		b = NewBot(r.sim, user, user)
		r.bots[user] = b
		r.botList = append(r.botList, b)
	}
	return b
}

// submit submits an order of an account that is not connected.
func (r *Runner) submit(user, name string, o exchange.Create) error {
	id, rejection := r.exchange.Submit(user, o)
	if !rejection.OK() {
		return fmt.Errorf("order %s is rejected: %s", name, rejectionText(rejection))
	}
	r.submitted[name] = id
	return nil
}

func rejectionText(r exchange.Rejection) string {
	if r.Invalid {
		return "it is invalid"
	}
	return msg.OrderRejectedReason(r.Reason).String()
}

func (r *Runner) withdraw(user, name string) error {
	id, ok := r.submitted[name]
	if !ok {
		return fmt.Errorf("there is no order %s", name)
	}
	r.exchange.SubmitCancel(user, id)
	return nil
}

// create sends an order from a bot.
func (r *Runner) create(user, name string, o exchange.Create) {
	r.reference++
	var m msg.OrderCreate
	m.SetMarketId(o.Market)
	m.SetContractId(o.Contract)
	m.SetSide(o.Side)
	m.SetPrice(o.Price)
	m.SetQuantity(o.Quantity)
	m.SetReference(r.reference)
	if o.TIF != 0 {
		m.SetTif(o.TIF)
	}
	if name != "" {
		r.requests[name] = request{user, r.reference}
	}
	r.bot(user).Create(&m)
}

// findOrder returns the order of a name.
func (r *Runner) findOrder(name string) (exchange.OrderTruth, error) {
	if id, ok := r.submitted[name]; ok {
		if o, ok := r.exchange.Order(id); ok {
			return o, nil
		}
	}
	if f, ok := r.requests[name]; ok {
		for _, o := range r.exchange.Orders(f.user) {
			if o.HasReference && o.Reference == f.reference {
				return o, nil
			}
		}
	}
	return exchange.OrderTruth{}, fmt.Errorf("the exchange has no order %s", name)
}
