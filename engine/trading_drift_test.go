package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// driftSeeds is how many random days TestNoDriftWhenLate trades.
const driftSeeds = 40 * seeds / seedsAll

// TestNoDriftWhenLate trades over lines that delay and stall for longer than State.Orders.DriftAfter, and lose nothing:
// the exchange's amounts never differ.
func TestNoDriftWhenLate(t *testing.T) {
	for seed := range uint64(driftSeeds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { tradeLate(t, seed) })
		})
	}
}

func tradeLate(t *testing.T, seed uint64) {
	settings := sim.DefaultConfig()
	settings.Seed = seed
	settings.Agents = sim.Agents{}
	settings.Faults = fault.Plan{}.With(fault.Million/100, fault.Delay, fault.Coalesce, fault.Split).
		With(fault.Million/30, fault.Stall)
	settings.Limits.History, settings.Limits.OutFrames, settings.Limits.OutBytes = 1<<16, 1<<17, 1<<24
	server, err := sim.Local(settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	d := &tradingDay{t: t, sound: true, rand: rand.New(rand.NewPCG(seed, 3)), wanted: make(map[uint32]quote.Two)}
	d.sent, d.events = make(map[seto.PayloadType]int), make(map[order.EventKind]int)
	r := startInBubble(t, engine.Config{
		Session: session.Config{
			ReferenceBase: 1 + seed<<32, Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true,
		},
		Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
		State: engine.StateConfig{Orders: order.Config{DriftAfter: int64(100 * time.Millisecond)}},
		Dial:  func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
	}, d.register) // which fails at a drift
	for round := range 100 { // each order is filled by three, of which the first report has the amounts after all
		side := odds.Buy + odds.Side(round%2)
		server.Do(func(s *sim.Sim) {
			for range 3 {
				s.Exchange.Submit("rival", truth.Create{
					Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.Side(side.Opposite()), Price: 4000,
					Quantity: 10_000,
				})
			}
		})
		d.do(r, func() {
			l := limit(side, 4000)
			l.Quantity = 30_000
			_, _ = d.Place(l)
		})
		advance(time.Duration(d.rand.IntN(2000)) * time.Millisecond)
	}
	server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}) })
	advance(time.Minute)
	if d.events[order.OrderFilled] < 20 {
		t.Errorf("events %v", d.events)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestDriftIsReported has a market settled that the bot does not subscribe to: the cash differs from then on. The event
// has both figures, LastMessages what came last, and the kill switch is thrown.
func TestDriftIsReported(t *testing.T) {
	set := func(c *engine.Config) { c.State.Risk.DriftMax, c.State.DisableFollow = 1_000_000, true }
	halting(t, set, func(d *tradingDay, r *running, server *sim.Server) {
		var drifts []order.Event
		var last []order.Message
		d.do(r, func() {
			d.OnOrder(func(_ *order.Order, ev *order.Event) {
				if ev.Kind == order.Drift {
					drifts, last = append(drifts, *ev), nil
					for m := range d.LastMessages() {
						last = append(last, m)
					}
				}
			})
		})
		advance(time.Second)
		d.do(r, func() {
			if _, err := d.Place(limit(odds.Buy, 4000)); err != nil {
				d.t.Error(err)
			}
		})
		advance(time.Second)
		server.Do(func(s *sim.Sim) {
			s.Exchange.Submit("rival", truth.Create{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideSell, Price: 4000, Quantity: 100_000,
			})
		})
		advance(time.Second)
		server.Do(func(s *sim.Sim) {
			if err := s.Exchange.SettleContract(sim.DemoMarket, sim.DemoHome, false, "test"); err != nil {
				d.t.Error(err)
			}
		})
		before := odds.Money(0)
		d.do(r, func() { before = d.Account().Cash })
		advance(5 * time.Second)
		account, _ := server.Truth(sim.DemoUsername)
		var cash []order.Event
		for _, ev := range drifts {
			if ev.Amount == order.Cash {
				cash = append(cash, ev)
			}
		}
		if len(cash) != 1 || cash[0].Expected != int64(before) || cash[0].Reported != int64(account.Cash) ||
			len(last) == 0 || last[len(last)-1].Type != msg.PayloadBalanceChanged {
			d.t.Errorf("%+v, cash was %v and is %v; last %v", drifts, before, account.Cash, last)
		}
		d.do(r, func() {
			if s := d.Mode(); s.Mode != risk.Halted || s.Cause.Trigger != risk.TriggerDrift {
				d.t.Errorf("%+v", s)
			}
		})
		if d.kinds()[0] != "drift exceeded" {
			d.t.Errorf("events %v", d.kinds())
		}
	})
}
