package screen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// agentsRate is how many actions a second the other participants take.
const agentsRate = 1000

// checkpointsOften is how many records are between two checkpoints, for a short day to have some.
const checkpointsOften = 5

// patience is how long a test waits for what does not come.
const patience = time.Minute

// day is an exchange and a bot that trades with it and keeps a journal, in this process.
type day struct {
	t      *testing.T
	server *sim.Server
	engine *engine.Engine
	dir    string
	live   *Live
	ended  chan error
	ready  chan struct{}
	stop   context.CancelFunc
}

func newDay(t *testing.T) *day {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents.Rate = agentsRate
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience) // beyond the test's: it ends in its cleanup
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	d := &day{
		t: t, server: server, dir: t.TempDir(), ended: make(chan error, 1), ready: make(chan struct{}), stop: cancel,
	}
	d.engine, err = engine.New(engine.Config{
		Address: server.Addr().String(), DisableTLS: true,
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true,
		},
		Journal:          journal.Config{Dir: d.dir, Name: "day", Durability: journal.SyncNone, SegmentBytes: 64 << 10},
		ReconnectBackoff: []time.Duration{0, time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.engine.OnLoggedIn(func(ev *engine.Event) {
		if ev.Epoch == 1 {
			if err := d.engine.Subscribe(sim.DemoMarket); err != nil {
				t.Error(err)
			}
		}
	})
	first := true
	d.engine.OnBook(func(book.Contract) {
		if first {
			first = false
			close(d.ready)
		}
	})
	go func() { d.ended <- d.engine.Run(ctx) }()
	select {
	case <-d.ready:
	case err := <-d.ended:
		t.Fatal(err)
	}
	d.live = NewLive(d.dir, Options{Past: true})
	d.live.Timeline.every = checkpointsOften
	t.Cleanup(func() {
		d.end()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = server.Close()
		d.live.Timeline.Close()
	})
	return d
}

// end ends the bot.
func (d *day) end() {
	if d.engine == nil {
		return
	}
	d.engine.Stop()
	if err := <-d.ended; err != nil && !errors.Is(err, context.Canceled) {
		d.t.Error(err)
	}
	d.engine = nil
}

// do calls f on the bot's loop.
func (d *day) do(f func(e *engine.Engine)) {
	d.t.Helper()
	done := make(chan struct{})
	if err := d.engine.Submitter().Do(func() { f(d.engine); close(done) }, nil); err != nil {
		d.t.Fatal(err)
	}
	<-done
}

// trade has the bot trade: orders that rest at the best prices and behind, some that are taken, replaced and cancelled.
func (d *day) trade() {
	d.t.Helper()
	d.fill()
	for round := range 6 {
		d.do(func(e *engine.Engine) {
			for o := range e.Orders() {
				placed := e.Placed(o.Reference)
				switch {
				case round%3 == 1:
					_ = placed.Cancel()
				case round%3 == 2:
					_, _ = placed.Replace(o.Price, o.Quantity+1000)
				}
				break
			}
			for _, contract := range []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway} {
				d.place(e, contract, odds.Side(1+round%2), round)
			}
		})
		d.quiet(true)
	}
	d.agents(0)
	d.quiet(true)
	d.do(func(e *engine.Engine) { // what rests
		for _, contract := range []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway} {
			d.place(e, contract, odds.Buy, 0)
		}
	})
	d.quiet(true)
}

// fill waits until the books have something on every level that is shown.
func (d *day) fill() {
	d.t.Helper()
	d.agents(agentsRate)
	for began := time.Now(); len(d.truth()) < 3*2*shownLevels; time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			d.t.Fatal("the books stay thin")
		}
	}
}

func (d *day) place(e *engine.Engine, contract uint32, side odds.Side, round int) {
	c, ok := e.Book(sim.DemoMarket, contract)
	if !ok {
		return
	}
	best, ok := c.Best(side)
	opposite, taken := c.Best(3 - side)
	if !ok || !taken {
		return
	}
	price := best.Price
	if round >= 4 {
		price = opposite.Price
	}
	_, _ = e.Place(order.Limit{Market: sim.DemoMarket, Contract: contract, Side: side, Price: price, Quantity: 30_000})
}

func (d *day) agents(rate int) { d.server.Do(func(s *sim.Sim) { s.SetAgentRate(rate) }) }

func (d *day) exchange(f func(x *exchange.Exchange)) { d.server.Do(func(s *sim.Sim) { f(s.Exchange) }) }

// cut breaks the connection in the middle of the next message to the bot, and has one sent.
func (d *day) cut() {
	d.server.Do(func(s *sim.Sim) {
		for _, c := range s.Faults.Conns() {
			c.Force(fault.Cut, 1)
		}
	})
	d.agents(agentsRate)
}

// quiet waits until the bot has applied what the exchange has sent: a ping is answered behind all of that. If it is of
// no account that the connection breaks meanwhile, answered is false.
func (d *day) quiet(answered bool) {
	d.t.Helper()
	pong := make(chan struct{}, 1)
	d.do(func(e *engine.Engine) {
		var handler engine.Registration
		handler = e.OnPong(func(*engine.Event) {
			handler.Remove()
			pong <- struct{}{}
		})
		if _, err := e.Ping(); err != nil && answered {
			d.t.Error(err)
			pong <- struct{}{}
		}
	})
	select {
	case <-pong:
	case <-time.After(patience):
		d.t.Fatal("no pong")
	}
}

// read applies what the journal has, until a condition holds.
func (d *day) read(r *journal.Reader, until func(p *Picture) bool) *Picture {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	for {
		record, err := r.Next()
		if err == nil {
			d.live.model.Apply(record)
			if !record.Own {
				d.live.Timeline.note(d.live.model)
			}
			continue
		}
		p := d.live.model.Picture()
		if until(p) {
			return p
		}
		if err := r.Wait(ctx); err != nil {
			d.t.Fatalf("%v; the picture is %s", err, p.JSON())
		}
	}
}

// shownLevels is how many levels of a side the exchange shows.
const shownLevels = 5

// truth is what the exchange shows of its ladders, and has of the account's orders there.
func (d *day) truth() (list []string) {
	d.server.View(func(s *sim.Sim) {
		own := map[string]uint64{}
		for _, o := range s.Exchange.Orders(sim.DemoUsername) {
			if o.Available > 0 {
				own[fmt.Sprint(o.Contract, o.Side == msg.SideBuy, o.Price)] += o.Available
			}
		}
		for _, contract := range []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway} {
			bids, offers := s.Exchange.Book(sim.DemoMarket, contract)
			for i, side := range [][]exchange.Level{bids, offers} {
				for _, l := range side[:min(shownLevels, len(side))] {
					mine := own[fmt.Sprint(contract, i == 0, l.Price)]
					list = append(list, fmt.Sprint(contract, i == 0, l.Price, l.Quantity, mine))
				}
			}
		}
	})
	return list
}

// shown is the same of a picture.
func shown(p *Picture) (list []string) {
	for _, c := range p.Contracts {
		for i, side := range [][]Level{c.Bids, c.Offers} {
			for _, l := range side {
				list = append(list, fmt.Sprint(c.ID, i == 0, l.Price, l.Quantity, l.Own))
			}
		}
	}
	return list
}

func agrees(truth []string) func(*Picture) bool {
	return func(p *Picture) bool { return slices.Equal(shown(p), truth) }
}
