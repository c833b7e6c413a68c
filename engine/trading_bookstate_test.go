package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// TestBookStates follows books by OnBook alone, through gaps, lost connections, halts, goals and crossed books:
// whenever nothing is under way, what the last call said of each is what it is.
func TestBookStates(t *testing.T) {
	seen := make(map[book.Causes]int)
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 4))
			agents := func(c *sim.Config) {
				c.Seed, c.Agents = seed, sim.DefaultConfig().Agents
				c.Faults = fault.Plan{}.With(fault.Million/100, fault.Drop, fault.Delay).
					With(fault.Million/1000, fault.Cut, fault.DropBefore)
			}
			onExchange(t, agents, func(t *testing.T, server *sim.Server, config engine.Config) {
				config.OnStop = engine.StopLeave
				d := &tradingDay{t: t}
				last := make(map[uint32]book.Causes)
				lastLive := make(map[uint32]bool)
				r := startInBubble(t, config, func(e *engine.Engine) {
					d.Engine = e
					d.subscribe()
					e.OnBook(func(c book.Contract) {
						_, causes := c.State()
						last[c.ID()], lastLive[c.ID()] = causes, c.Live()
						seen[causes]++
					})
				})
				for range 200 {
					advance(time.Duration(random.IntN(100)) * time.Millisecond)
					server.Do(func(s *sim.Sim) {
						switch random.IntN(30) {
						case 0:
							_ = s.Exchange.Halt(sim.DemoMarket, "test")
						case 1, 2:
							_ = s.Exchange.SetState(sim.DemoMarket, msg.MarketStateLive, "test")
						case 3:
							_ = s.Exchange.Goal(sim.DemoMarket, "test")
						}
					})
					d.do(r, func() {
						if random.IntN(50) == 0 {
							var m msg.MarketUnsubscribe
							m.SetMarketId(sim.DemoMarket)
							_, _ = d.SendMarketUnsubscribe(&m)
							var again msg.MarketSubscribe
							again.SetMarketId(sim.DemoMarket)
							_, _ = d.SendMarketSubscribe(&again)
						}
					})
					advance(0)
					d.do(r, func() {
						for id, causes := range last {
							c, _ := d.Book(sim.DemoMarket, id)
							state, is := c.State()
							if state == book.Live && c.Depth(odds.Buy)+c.Depth(odds.Sell) == 0 && !lastLive[id] {
								continue // a new snapshot has left it out
							}
							if c.Live() != lastLive[id] || state >= book.Live && is != causes {
								t.Errorf("contract %d: OnBook said %v, live %v; it is %v %v", id, causes,
									lastLive[id], state, is)
							}
						}
					})
					if t.Failed() {
						return
					}
				}
			})
		})
	}
	for _, cause := range []book.Causes{0, book.Gap, book.Reconnect, book.Halt} {
		n := 0
		for causes, times := range seen {
			if causes == cause || cause != 0 && causes.Has(cause) {
				n += times
			}
		}
		if n == 0 {
			t.Errorf("never %v: %v", cause, seen)
		}
	}
}
