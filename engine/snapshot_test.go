package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// TestSnapshot has goroutines ask for snapshots of a bot that trades: each is consistent in itself, and the last one is
// what the engine says.
func TestSnapshot(t *testing.T) {
	agents := func(c *sim.Config) { c.Agents = sim.DefaultConfig().Agents }
	onExchange(t, agents, func(t *testing.T, _ *sim.Server, config engine.Config) {
		config.OnStop = engine.StopLeave
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			d.subscribe()
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan int)
		const dashboards = 3
		for i := range dashboards {
			go func() {
				s := engine.Snapshot{WithBooks: i > 0}
				n := 0
				for ; ctx.Err() == nil; n++ {
					if err := d.Submitter().Snapshot(t.Context(), &s); err != nil {
						t.Error(err)
					}
					checkSnapshot(t, &s)
					<-time.After(time.Duration(1+i) * time.Millisecond)
				}
				ended <- n
			}()
		}
		for i := range odds.Price(200) {
			advance(10 * time.Millisecond)
			d.do(r, func() {
				two := quote.Two{Bid: 4000 + 10*(i%5), Ask: 6000 + 10*(i%5), Size: 100_000}
				if err := d.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
					t.Error(err)
				}
				if _, err := d.Place(limit(odds.Buy, 500+i)); err != nil && i < 20 {
					t.Error(err)
				}
			})
		}
		stop()
		for range dashboards {
			if n := <-ended; n < 500 {
				t.Errorf("%d snapshots", n)
			}
		}
		var s engine.Snapshot
		s.WithBooks = true
		if err := d.Submitter().Snapshot(t.Context(), &s); err != nil {
			t.Error(err)
		}
		if len(s.Orders) == 0 || len(s.Positions) == 0 || len(s.Books) < 3 || s.Mode.Mode != risk.Active {
			t.Errorf("%+v, %d orders, %d positions, %d books", s.Mode, len(s.Orders), len(s.Positions), len(s.Books))
		}
		checkSnapshot(t, &s)
		if err := d.Halt("test"); err != nil {
			t.Error(err)
		}
		for range 3 { // the exchange cancels between them, or before the first
			if err := d.Submitter().Snapshot(t.Context(), &s); err != nil || s.Mode.Mode != risk.Halted {
				t.Errorf("%v, %+v", err, s.Mode)
			}
			checkSnapshot(t, &s)
		}
		advance(time.Second)
		if err := d.Submitter().Snapshot(t.Context(), &s); err != nil || len(s.Orders) != 0 {
			t.Errorf("%v, %d orders", err, len(s.Orders))
		}
		d.do(r, func() {
			if s.Account != d.Account() || s.Mode != d.Mode() {
				t.Errorf("%+v, %+v", s.Account, s.Mode)
			}
			for _, p := range s.Positions {
				if p.Position != d.Position(p.Market, p.Contract) {
					t.Errorf("%+v", p)
				}
			}
			for _, b := range s.Books {
				c, _ := d.Book(b.Market, b.Contract)
				if bid, _ := c.Best(odds.Buy); b.Bid != bid || c.Live() != (b.State == book.Live) {
					t.Errorf("%+v", b)
				}
			}
			if err := d.Submitter().Snapshot(t.Context(), &s); err != engine.ErrInHandler {
				t.Errorf("in a handler: %v", err)
			}
			if err := d.Submitter().Snapshot(t.Context(), &s); err != engine.ErrSubmissionBusy {
				t.Errorf("used twice: %v", err)
			}
		})
		r.Stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		if err := d.Submitter().Snapshot(t.Context(), &s); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// TestModeCounts asks for the mode right behind a send, in the same function of the loop: the order is counted.
func TestModeCounts(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		d.do(r, func() {
			for n := range 3 {
				if m := d.Mode(); m.Open != n || m.InDoubt != 0 {
					t.Errorf("%+v, %d orders were sent", m, n)
				}
				if _, err := d.Place(limit(odds.Buy, 500)); err != nil {
					t.Error(err)
				}
			}
		})
		r.Stop()
		_ = r.wait()
	})
}

// checkSnapshot checks that the parts of a snapshot are of one moment.
func checkSnapshot(t *testing.T, s *engine.Snapshot) {
	if m := &s.Mode; m.Open+m.InDoubt != len(s.Orders) {
		t.Errorf("%d open and %d in doubt, %d orders", m.Open, m.InDoubt, len(s.Orders))
	}
	var open, asked odds.Money
	for i := range s.Orders {
		o := &s.Orders[i]
		switch {
		case o.State.Terminal():
			t.Errorf("order %+v", *o)
		case o.State == order.PendingNew && o.Original == 0:
			liability, _ := o.Side.Liability(o.Price, o.Quantity)
			asked += liability
		case o.State != order.PendingNew:
			open += o.Liability()
		}
	}
	var inPositions, askedThere odds.Money
	for i := range s.Positions {
		inPositions += s.Positions[i].Open
		askedThere += s.Positions[i].Asked
	}
	if open != s.Account.Open || inPositions != open || askedThere != s.Account.Asked || asked > s.Account.Asked {
		t.Errorf("orders can lose %v and %v, positions %v and %v, account %+v", open, asked, inPositions, askedThere,
			s.Account)
	}
	if s.At == 0 || s.WithBooks && len(s.Positions) > 0 && len(s.Books) == 0 {
		t.Errorf("at %d: %d positions, %d books", s.At, len(s.Positions), len(s.Books))
	}
}

// TestSnapshotTotals: the totals are those of the orders and positions, which OnlyTotals leaves out.
func TestSnapshotTotals(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		config.OnStop = engine.StopLeave
		config.State.Risk = risk.Config{OrdersMax: 50, AccountExposureMax: 1000 * odds.Whole, LossMax: 100 * odds.Whole}
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		d.do(r, func() {
			for i := range odds.Price(7) {
				if _, err := d.Place(limit(odds.Buy, 1000+i)); err != nil {
					t.Error(err)
				}
			}
		})
		advance(time.Second)
		var all, totals engine.Snapshot
		totals.OnlyTotals = true
		for _, s := range []*engine.Snapshot{&all, &totals} {
			if err := d.Submitter().Snapshot(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		if all.Totals != totals.Totals || all.Account != totals.Account || all.Mode != totals.Mode {
			t.Errorf("totals %+v, want %+v", totals.Totals, all.Totals)
		}
		got := totals.Totals
		if len(totals.Orders) != 0 || len(totals.Positions) != 0 || got.Orders != len(all.Orders) || got.Orders != 7 ||
			got.Positions != len(all.Positions) || got.Positions != 1 || got.Events[order.OrderAccepted] != 7 {
			t.Errorf("%d orders, %d positions in %+v", len(totals.Orders), len(totals.Positions), got)
		}
		if got.OrdersMax != 50 || got.AccountExposureMax != 1000*odds.Whole || got.LossMax != 100*odds.Whole {
			t.Errorf("limits %+v", got)
		}
		if got.Creates <= 0 || got.Cancels < got.Creates || got.Submitted != 1 || got.Drift != [3]odds.Money{} {
			t.Errorf("%d and %d tokens, %d submitted, drift %v", got.Creates, got.Cancels, got.Submitted, got.Drift)
		}
		r.Stop()
		_ = r.wait()
	})
}
