package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// recordedBot is a bot whose decisions follow from its handlers, and from a generator of random numbers that is the
// same in each run.
type recordedBot struct {
	*engine.Engine
	rand     *rand.Rand
	requests int
	fills    int
	doubts   int
	middle   func() // called in the middle of the day
	flip     int    // the decision that is made the other way
}

func (b *recordedBot) start(e *engine.Engine) error {
	b.Engine, b.rand = e, rand.New(rand.NewPCG(1, 2))
	e.OnLoggedIn(func(*engine.Event) { b.ask(sim.DemoMarket) })
	e.OnBook(func(c book.Contract) { b.decide(c) })
	e.OnFill(func(*order.Order, order.Fill) { b.fills++ })
	e.OnOrder(func(_ *order.Order, ev *order.Event) {
		if ev.Kind == order.DoubtBegan {
			b.doubts++
		}
	})
	e.After(time.Second, func() { b.again() })
	return nil
}

func (b *recordedBot) ask(market uint32) {
	var m msg.MarketSubscribe
	m.SetMarketId(market)
	_, _ = b.SendMarketSubscribe(&m)
}

func (b *recordedBot) again() {
	_ = b.Quote(sim.DemoMarket, sim.DemoHome, quote.Two{
		Bid: odds.Price(4000 + 10*b.rand.IntN(8)), Ask: odds.Price(6000 + 10*b.rand.IntN(8)), Size: 100_000,
	})
	b.After(time.Second, func() { b.again() })
}

func (b *recordedBot) decide(c book.Contract) {
	if b.rand.IntN(4) > 0 {
		return
	}
	b.requests++
	side := odds.Buy + odds.Side(b.rand.IntN(2))
	if b.requests == b.flip {
		side = odds.Buy + odds.Sell - side
	}
	price := odds.Price(500 + 10*b.rand.IntN(100))
	if side == odds.Sell {
		price = 9500 - price + 500
	}
	_, _ = b.Place(order.Limit{Market: c.Market(), Contract: c.ID(), Side: side, Price: price, Quantity: 10_000})
	for o := range b.Orders() {
		if b.rand.IntN(6) == 0 {
			var m msg.OrderCancel
			m.SetOrderId(o.ID)
			_, _ = b.SendOrderCancel(&m)
			break
		}
	}
}

// record runs the bot for a while on an exchange with faults, with a journal.
func (b *recordedBot) record(
	t *testing.T, dir string, seed uint64, plan fault.Plan, change func(*engine.Config),
) (c engine.Config) {
	t.Helper()
	settings := func(c *sim.Config) {
		c.Agents = sim.DefaultConfig().Agents
		c.Seed, c.Faults = seed, plan
	}
	onExchange(t, settings, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.Journal.Dir = dir
		if change != nil {
			change(&config)
		}
		c = config
		r := startInBubble(t, config, func(e *engine.Engine) {
			if err := b.start(e); err != nil {
				t.Error(err)
			}
		})
		advance(20 * time.Second)
		if b.middle != nil {
			b.middle()
		}
		var m msg.MarketSubscribe
		m.SetMarketId(sim.DemoMarket)
		if err := b.Submitter().SendMarketSubscribe(&m, nil); err != nil {
			t.Error(err)
		}
		advance(20 * time.Second)
		if err := b.Halt("end of the day"); err != nil {
			t.Error(err)
		}
		advance(time.Second)
		r.Stop()
		_ = r.wait()
	})
	return c
}

// replaySeeds is how many days TestReplay records, and flips how many decisions of each it makes the other way.
const (
	replaySeeds = 12 * seeds / seedsAll
	flips       = 20
)

// TestReplay records a bot on lines with every fault, and replays it.
func TestReplay(t *testing.T) {
	wild := fault.Plan{}.With(fault.Million/100, fault.Drop, fault.Duplicate, fault.Delay, fault.Reorder,
		fault.Split, fault.Coalesce, fault.DropIn, fault.DuplicateIn).
		With(fault.Million/300, fault.Cut, fault.Stall).With(fault.Million/5, fault.Refuse)
	for seed := range uint64(replaySeeds) {
		plan := wild
		if seed == 0 {
			plan = fault.Plan{}
		}
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			dir := t.TempDir()
			var b recordedBot
			config := b.record(t, dir, seed, plan, nil)
			again := recordedBot{}
			result, err := engine.Replay(engine.ReplayConfig{Dir: dir}, config, again.start)
			if err != nil {
				t.Fatal(err)
			}
			if d := result.Difference; d != nil {
				t.Fatal(d)
			}
			if !result.Ended || result.Sent < 10 || result.Digests < 2 {
				t.Errorf("%+v", result)
			}
			if again.requests != b.requests || again.fills != b.fills || again.doubts != b.doubts || b.requests == 0 {
				t.Errorf("%d requests, %d fills, %d doubts; replayed %d, %d, %d", b.requests, b.fills, b.doubts,
					again.requests, again.fills, again.doubts)
			}
			t.Logf("%+v, %d requests, %d fills, %d doubts", result, b.requests, b.fills, b.doubts)

			found := 0
			for flip := 1; flip < b.requests; flip += 1 + b.requests/flips {
				other := recordedBot{flip: flip}
				if result, err = engine.Replay(engine.ReplayConfig{Dir: dir}, config, other.start); err != nil {
					t.Fatal(err)
				}
				d := result.Difference
				if d == nil {
					continue // a decision that was refused makes no difference
				}
				if found++; d.Field != "a payload sent" || !strings.Contains(d.Recorded, "ORDER_CREATE") {
					t.Fatalf("decision %d: %+v", flip, d)
				}
			}
			if found == 0 {
				t.Error("no decision that was made the other way is found")
			}
		})
	}
}
