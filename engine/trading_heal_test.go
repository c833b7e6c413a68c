package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// quoteSeeds is how many random days TestQuotesHeal quotes.
const quoteSeeds = 40 * seeds / seedsAll

// quotesBack is how long after the last fault all that is wanted is quoted, and nothing else: a connection that is
// silent is given up and made anew, then orders that nothing names need three times Quotes.OverdueAfter, and a side
// that gave up waits for Quotes.GiveUpFor.
const quotesBack = 2 * time.Minute

// TestQuotesHeal quotes several levels over connections that lose answers for good, on an exchange that forgets what
// it would repeat, restarts, halts, refuses and is slow. At no moment is more live on a side than is wanted; once the
// faults end, what is wanted is live on the exchange, without the user's word.
func TestQuotesHeal(t *testing.T) {
	worst := time.Duration(0)
	for seed := range uint64(quoteSeeds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				worst = max(worst, new(quoteDay).run(t, seed))
			})
		})
	}
	t.Logf("quotes back after at most %v", worst)
}

// quoteDay is a bot that only quotes, and an exchange on which everything goes wrong.
type quoteDay struct {
	tradingDay
	seed     uint64
	server   *sim.Server
	levels   int
	sizes    [2]atomic.Int64 // the largest level wanted on a side, of all contracts
	wishes   map[uint32][2][]quote.Level
	peak     int  // the most orders of a side
	exceeded bool // reported
}

func (d *quoteDay) run(t *testing.T, seed uint64) time.Duration {
	settings := sim.DefaultConfig()
	settings.Seed, settings.Agents.Rate = seed, 20
	settings.Limits.History, settings.Limits.OutFrames, settings.Limits.OutBytes = 1<<16, 1<<17, 1<<24
	server, err := sim.Local(settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	d.t, d.rand, d.server, d.seed = t, rand.New(rand.NewPCG(seed, 3)), server, seed
	d.levels, d.wishes = 1+int(seed%3), make(map[uint32][2][]quote.Level)
	server.Do(func(s *sim.Sim) {
		s.SetOnTick(func(now int64) int64 { d.measure(s); return now + int64(time.Hour) })
		if seed%2 == 0 {
			s.Exchange.SetReplaceDelay(int64(100 * time.Millisecond))
		}
	})
	config := engine.Config{
		Session: session.Config{
			ReferenceBase: 1 + seed<<32, Username: sim.DemoUsername, Password: sim.DemoPassword,
			Resume: session.ResumeAccount, AccountFromStart: true,
		},
		Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
		State: engine.StateConfig{
			Orders: order.Config{Orders: 1024, Retained: 4096, Fills: 8192, Contracts: 16},
			Quotes: quote.Config{Contracts: 16, Levels: d.levels},
		},
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
	}
	if seed%4 >= 2 {
		config.Session.Resume = session.ResumeSession
	}
	if seed%8 >= 4 {
		config.State.Quotes.Ignore = quote.NotCaughtUp | quote.SuspectBook | quote.Gap
	}
	r := startInBubble(t, config, func(e *engine.Engine) {
		d.Engine = e
		d.subscribe()
	})
	d.faults(seed)
	for range 400 {
		advance(25 * time.Millisecond)
		d.do(r, d.quote)
		d.trouble()
	}
	server.Do(func(s *sim.Sim) {
		s.Faults.Set(fault.Plan{})
		s.SetAgentRate(0)
		s.Exchange.SetUnavailable(false)
		s.SetThrottle(sim.Throttle{})
		if s.Exchange.State(sim.DemoMarket) == msg.MarketStateHalted {
			if err := s.Exchange.SetState(sim.DemoMarket, msg.MarketStateLive, ""); err != nil {
				t.Error(err)
			}
		}
	})
	advance(time.Second)
	d.do(r, d.reopen)
	back := time.Second
	for back < quotesBack && !d.live(false) {
		advance(time.Second)
		back += time.Second
	}
	if !d.live(true) {
		d.do(r, func() {
			for contract := range d.wishes {
				t.Errorf("contract %d: %+v", contract, d.QuoteStatus(sim.DemoMarket, contract))
			}
			for o := range d.Orders() {
				t.Logf("order %+v", *o)
			}
		})
	}
	advance(3 * time.Minute)
	if !d.live(true) {
		t.Error("it did not stay so")
	}
	r.Stop()
	if err := r.wait(); err != nil && !errors.Is(err, engine.ErrNotConfirmed) {
		t.Errorf("Run: %v", err)
	}
	if err := errors.Join(server.Close(), <-served); err != nil {
		t.Error(err)
	}
	t.Logf("back after %v, at most %d orders a side", back, d.peak)
	return back
}

// reopen has the market halted and reopened, if the message that said that it is open was lost: nothing shows that.
func (d *quoteDay) reopen() {
	for contract := range d.wishes {
		if d.QuoteStatus(sim.DemoMarket, contract).Reasons&quote.MarketHalted == 0 {
			continue
		}
		d.server.Do(func(s *sim.Sim) {
			for _, state := range []msg.MarketStateType{msg.MarketStateHalted, msg.MarketStateLive} {
				if err := s.Exchange.SetState(sim.DemoMarket, state, ""); err != nil {
					d.t.Error(err)
				}
			}
		})
		return
	}
}

// faults sets what goes wrong on connections, by kinds that the seed chooses.
func (d *quoteDay) faults(seed uint64) {
	plan := fault.Plan{}
	if seed%3 != 0 {
		plan = plan.With(fault.Million/100, fault.Drop, fault.Duplicate, fault.Delay, fault.Reorder, fault.Split,
			fault.DropIn, fault.DuplicateIn).With(fault.Million/300, fault.Cut, fault.Stall)
	}
	if seed%3 != 1 {
		plan = plan.With(fault.Million/30, fault.DropBefore, fault.Unconfirmed, fault.Unheard, fault.Throttled,
			fault.DelayBefore, fault.ReorderBefore, fault.Swap).With(fault.Million/300, fault.Cut)
	}
	d.server.Do(func(s *sim.Sim) { s.Faults.Set(plan) })
}

// quote changes what is wanted, or nothing.
func (d *quoteDay) quote() {
	contract := dayContracts[d.rand.IntN(len(dayContracts))]
	if d.rand.IntN(4) != 0 {
		return
	}
	if d.rand.IntN(20) == 0 {
		d.Pull(sim.DemoMarket, contract)
		delete(d.wishes, contract)
		return
	}
	mid := 1000 + 100*d.rand.IntN(80)
	var wish [2][]quote.Level
	for s := range wish {
		for n := range d.levels {
			l := quote.Level{Price: odds.Price(mid - 20 - 40*n), Size: 100_000}
			if d.seed%2 == 0 {
				l.Size = odds.Quantity(10_000 * (1 + d.rand.IntN(20)))
			}
			if s == 1 {
				l.Price = odds.Price(mid + 20 + 40*n)
			}
			wish[s] = append(wish[s], l)
			d.sizes[s].Store(max(d.sizes[s].Load(), int64(l.Size))) // the exchange reads it
		}
	}
	if err := d.QuoteLevels(sim.DemoMarket, contract, wish[0], wish[1], quote.Tolerance{Price: 10}); err != nil {
		d.t.Error(err)
	}
	d.wishes[contract] = wish
}

// trouble is what goes wrong on the exchange.
func (d *quoteDay) trouble() {
	n := d.rand.IntN(100)
	d.server.Do(func(s *sim.Sim) {
		x := s.Exchange
		switch {
		case n == 0 && d.seed%5 != 0:
			x.ForgetReports(sim.DemoUsername)
			s.LogoutAll(msg.EtoLogoutReason(1))
		case n == 1 && d.seed%5 == 1:
			s.Restart()
		case n == 2:
			x.ForceReject(msg.PayloadOrderCancelReplace, int32(msg.OrderCancelRejectedTooLate), 1)
		case n == 3:
			x.ForceReject(msg.PayloadOrderPendingReplace, int32(msg.OrderCancelReplaceRejectedMarketHalted), 1)
		case n == 4:
			x.ForceReject(msg.PayloadOrderCreate, int32(msg.OrderRejectedLimitExceeded), 2)
		case n == 5:
			x.ForceReject(msg.PayloadOrderCancel, int32(msg.OrderCancelRejectedServiceTemporarilyUnavailable), 2)
		case n == 6 && x.State(sim.DemoMarket) == msg.MarketStateLive:
			if err := x.Halt(sim.DemoMarket, "test"); err != nil {
				d.t.Error(err)
			}
		case n < 10 && x.State(sim.DemoMarket) == msg.MarketStateHalted:
			if err := x.SetState(sim.DemoMarket, msg.MarketStateLive, ""); err != nil {
				d.t.Error(err)
			}
		case n == 10:
			x.SetUnavailable(true)
		case n < 16:
			x.SetUnavailable(false)
		case n == 16:
			s.SetThrottle(sim.Throttle{Rate: 1, Burst: 1, Tick: time.Second})
		case n < 22:
			s.SetThrottle(sim.Throttle{})
		}
	})
}

// side names a side of a contract.
type side struct {
	contract uint32
	side     msg.Side
}

// measure checks on the exchange that no side has more than is wanted. It runs after all that the exchange does.
func (d *quoteDay) measure(s *sim.Sim) {
	count, quantity := make(map[side]int), make(map[side]odds.Quantity)
	for _, o := range s.Exchange.Orders(sim.DemoUsername) {
		if o.State != truth.OrderLive {
			break // live ones come first
		}
		at := side{o.Contract, o.Side}
		count[at]++
		quantity[at] += odds.Quantity(o.Available)
		d.peak = max(d.peak, count[at])
		most := odds.Quantity(d.sizes[at.side-msg.SideBuy].Load()) * odds.Quantity(d.levels)
		if (count[at] > d.levels || quantity[at] > most) && !d.exceeded {
			d.exceeded = true
			d.t.Errorf("%d orders for %v on %v, more than %d for %v", count[at], quantity[at], at, d.levels, most)
		}
	}
}

// live reports whether the orders on the exchange are those that are wanted, and complains if they should be.
func (d *quoteDay) live(want bool) bool {
	orders := make(map[side][]truth.OrderTruth)
	n := 0
	for _, o := range d.server.Orders(sim.DemoUsername) {
		if o.State == truth.OrderLive {
			orders[side{o.Contract, o.Side}] = append(orders[side{o.Contract, o.Side}], o)
			n++
		}
	}
	for contract, wish := range d.wishes {
		for s, levels := range wish {
			at := side{contract, msg.SideBuy + msg.Side(s)}
			for _, l := range levels {
				found := false
				for _, o := range orders[at] {
					near := int(o.Price) - int(l.Price)
					found = found || max(near, -near) <= 10 && odds.Quantity(o.Available) == l.Size
				}
				if !found && want {
					d.t.Errorf("%v: %v wanted, live %+v", at, l, orders[at])
				}
				if !found {
					return false
				}
				n--
			}
		}
	}
	if n != 0 && want {
		d.t.Errorf("%d orders more than wanted: %+v", n, orders)
	}
	return n == 0
}
