package smknats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// day is an exchange and a bot that trades with it and keeps a journal.
type day struct {
	t      *testing.T
	server *sim.Server
	engine *engine.Engine
	dir    string
	ended  chan error
}

func newDay(t *testing.T) *day {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents.Rate = 1000
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	d := &day{t: t, server: server, dir: t.TempDir()}
	t.Cleanup(func() {
		d.end()
		cancel()
		if err := errors.Join(<-served, server.Close()); err != nil {
			t.Error(err)
		}
	})
	d.begin()
	return d
}

// begin starts the bot, a new run of its journal.
func (d *day) begin() {
	d.t.Helper()
	var err error
	d.engine, err = engine.New(engine.Config{
		Address: d.server.Addr().String(), DisableTLS: true,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true},
		Journal: journal.Config{Dir: d.dir, Name: "day", Durability: journal.SyncNone, SegmentBytes: 64 << 10},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.ended = make(chan error, 1)
	ready, first := make(chan struct{}), true
	d.engine.OnLoggedIn(func(ev *engine.Event) {
		if ev.Epoch == 1 {
			if err := d.engine.Subscribe(sim.DemoMarket); err != nil {
				d.t.Error(err)
			}
		}
	})
	d.engine.OnBook(func(book.Contract) {
		if first {
			first = false
			close(ready)
		}
	})
	e, ended := d.engine, d.ended
	go func() { ended <- e.Run(context.Background()) }()
	select {
	case <-ready:
	case err := <-d.ended:
		d.t.Fatal(err)
	}
}

// end ends the bot.
func (d *day) end() {
	if d.engine == nil {
		return
	}
	d.engine.Stop()
	if err := <-d.ended; err != nil {
		d.t.Error(err)
	}
	d.engine = nil
}

func (d *day) do(f func(e *engine.Engine)) {
	d.t.Helper()
	done := make(chan struct{})
	if err := d.engine.Submitter().Do(func() { f(d.engine); close(done) }, nil); err != nil {
		d.t.Fatal(err)
	}
	<-done
}

func (d *day) agents(rate int) { d.server.Do(func(s *sim.Sim) { s.SetAgentRate(rate) }) }

// trade has the bot place orders that rest, some that are taken, and cancel and replace some.
func (d *day) trade(rounds int) {
	d.t.Helper()
	for round := range rounds {
		d.do(func(e *engine.Engine) {
			for o := range e.Orders() {
				if placed := e.Placed(o.Reference); round%3 == 1 {
					_ = placed.Cancel()
				} else {
					_, _ = placed.Replace(o.Price, o.Quantity+1000)
				}
				break
			}
			for _, contract := range []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway} {
				d.place(e, contract, odds.Side(1+round%2), round%4 == 3)
			}
		})
		d.quiet()
	}
}

func (d *day) place(e *engine.Engine, contract uint32, side odds.Side, takes bool) {
	c, ok := e.Book(sim.DemoMarket, contract)
	if !ok {
		return
	}
	best, ok := c.Best(side)
	opposite, taken := c.Best(3 - side)
	if !ok || !taken {
		return
	}
	if takes {
		best = opposite
	}
	_, _ = e.Place(order.Limit{
		Market: sim.DemoMarket, Contract: contract, Side: side, Price: best.Price, Quantity: 30_000,
	})
}

// quiet waits until the bot has applied what the exchange has sent: a ping is answered behind all of that.
func (d *day) quiet() {
	d.t.Helper()
	pong := make(chan struct{}, 1)
	d.do(func(e *engine.Engine) {
		var handler engine.Registration
		handler = e.OnPong(func(*engine.Event) {
			handler.Remove()
			pong <- struct{}{}
		})
		if _, err := e.Ping(); err != nil {
			pong <- struct{}{}
		}
	})
	select {
	case <-pong:
	case err := <-d.ended:
		d.t.Fatal(err)
	}
}

// still has nobody act any more.
func (d *day) still() {
	d.agents(0)
	d.quiet()
}

// cut breaks the bot's connection with the next message to it, and waits until the bot is back.
func (d *day) cut() {
	d.t.Helper()
	back := make(chan struct{}, 1)
	d.do(func(e *engine.Engine) {
		var handler engine.Registration
		handler = e.OnCaughtUp(func(*engine.Event) {
			handler.Remove()
			back <- struct{}{}
		})
	})
	d.server.Do(func(s *sim.Sim) {
		for _, c := range s.Faults.Conns() {
			c.Force(fault.Cut, 1)
		}
	})
	d.agents(1000)
	select {
	case <-back:
	case err := <-d.ended:
		d.t.Fatal(err)
	}
}

// books are what the exchange shows.
func (d *day) books() (list []string) {
	d.server.View(func(s *sim.Sim) {
		for _, contract := range []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway} {
			bids, offers := s.Exchange.Book(sim.DemoMarket, contract)
			for _, l := range bids[:min(5, len(bids))] {
				list = append(list, fmt.Sprint(contract, " bid ", l.Price, " ", l.Quantity))
			}
			for _, l := range offers[:min(5, len(offers))] {
				list = append(list, fmt.Sprint(contract, " offer ", l.Price, " ", l.Quantity))
			}
		}
	})
	slices.Sort(list)
	return list
}

// orders are the account's at the exchange.
func (d *day) orders() (list []string) {
	d.server.View(func(s *sim.Sim) {
		for _, o := range s.Exchange.Orders(sim.DemoUsername) {
			if o.Available > 0 {
				list = append(list, fmt.Sprint(o.ID, o.Contract, o.Side == msg.SideBuy, o.Price, o.Available))
			}
		}
	})
	slices.Sort(list)
	return list
}

// booksOf are what a follower has.
func booksOf(f *Follower) (list []string) {
	for _, b := range f.Books() {
		if !b.Live {
			continue
		}
		for _, l := range b.Bids {
			list = append(list, fmt.Sprint(b.Contract, " bid ", uint32(l.Price), " ", uint64(l.Quantity)))
		}
		for _, l := range b.Offers {
			list = append(list, fmt.Sprint(b.Contract, " offer ", uint32(l.Price), " ", uint64(l.Quantity)))
		}
	}
	slices.Sort(list)
	return list
}

func ordersOf(orders []*Order) (list []string) {
	for _, o := range orders {
		list = append(list, fmt.Sprint(o.ID, o.Contract, o.Side == odds.Buy, uint32(o.Price), uint64(o.Available)))
	}
	slices.Sort(list)
	return list
}
