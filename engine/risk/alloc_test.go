//go:build !race

package risk

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// TestNoAllocations counts what every repeating path allocates: nothing, whether a request is admitted or refused, and
// also when no refusal with amounts is left.
func TestNoAllocations(t *testing.T) {
	var now int64
	s := quiet()
	// A price and a quantity of its own for each request, so that none is a duplicate and no refusal the one before.
	vary := func(k *msg.Keys, n int64) {
		k.Price, k.Quantity = 4950+uint32(n%100), 1000+uint64(n)
	}
	admit := func(c Config, change func(*Snapshot), want Limit) func() {
		g := newGate(t, c)
		s := quiet()
		if change != nil {
			change(&s)
		}
		k, n := create(odds.Buy, 5000, 1000), int64(0)
		return func() {
			now += 20_000_000
			n++
			vary(&k, n)
			g.Beat(now)
			err := g.Admit(now, &k, &s)
			if want == LimitNone && err != nil || want != LimitNone && !errors.Is(err, want) {
				t.Fatalf("%v, want %v", err, want)
			}
			g.Sent(now, &k)
		}
	}
	all := strict()
	small := all
	small.OrderQuantityMax, small.Refusals = 1, 10
	exposed := all
	halted := newGate(t, all)
	halted.Halt(0, Cause{})
	halted.LoggedIn(0)
	gate := newGate(t, all)
	cancel := msg.Keys{Type: msg.PayloadOrderCancel, OrderID: 1}
	order := create(odds.Buy, 5000, 1000)
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"admitted, no limits", admit(Config{}, nil, LimitNone)},
		{"admitted, all limits", admit(all, nil, LimitNone)},
		{"refused", admit(all, func(s *Snapshot) { s.Own.Offer = 4900 }, LimitSelfCross)},
		{"refused, shared", admit(small, nil, LimitQuantity)},
		{"refused by exposure", admit(exposed, func(s *Snapshot) { s.Market = raising(0, odds.MoneyMax) },
			LimitMarketExposure)},
		{"cancel", func() {
			if err := gate.Admit(now, &cancel, nil); err != nil {
				t.Fatal(err)
			}
			gate.Sent(now, &cancel)
		}},
		{"halted", func() {
			if err := halted.Admit(now, &order, &s); !errors.Is(err, LimitHalted) {
				t.Fatal(err)
			}
		}},
		{"kill switch", func() {
			now += retry
			halted.Orders(now, OpenOrders{Open: 1})
			if halted.Tick(now) {
				halted.CancelAllSent(now, uint64(now))
			}
			halted.CancelAllAnswered(now, uint64(now), false)
			halted.Deadline()
			halted.Events()
			halted.Status()
			halted.Orders(now, OpenOrders{Complete: true})
			if err := halted.Resume(now, Cause{}); err != nil {
				t.Fatal(err)
			}
			halted.Reduce(now, Cause{})
			halted.Halt(now, Cause{})
			halted.LoggedOut(now)
			halted.LoggedIn(now)
		}},
		{"figures", func() {
			gate.Profit(now, -5)
			gate.Drift(now, -5)
			gate.Beat(now)
			gate.LastRefusal()
			gate.Stats()
		}},
		{"markets", func() {
			if gate.ForbidMarket(3) != nil || gate.AllowMarket(3) != nil {
				t.Fatal("cannot change markets")
			}
		}},
	} {
		if n := testing.AllocsPerRun(3000, c.f); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}
