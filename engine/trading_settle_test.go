package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
)

// The other market of the simulator.
const (
	otherMarket = 100001
	over        = 200010
	under       = 200011
)

var marketContracts = map[uint32][]uint32{
	sim.DemoMarket: {sim.DemoHome, sim.DemoDraw, sim.DemoAway}, otherMarket: {over, under},
}

// away is a bot that trades in both markets without subscribing to them, and that can be taken off the network.
type away struct {
	*tradingDay
	server *sim.Server
	config engine.Config
	run    *running
	asked  []string // subscriptions that were sent

	mu   sync.Mutex // guards what the engine's dialling goroutine uses
	down bool
	conn net.Conn
}

// onAway tests with a bot that is connected and caught up.
func onAway(t *testing.T, change func(*engine.Config), agents int, test func(*away)) {
	agent := func(c *sim.Config) { c.Agents.Rate = agents }
	onExchange(t, agent, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.Session.AccountFromStart = true
		config.OnStop = engine.StopLeave
		a := &away{tradingDay: &tradingDay{t: t}, server: server}
		config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.down {
				return nil, errors.New("off the network")
			}
			var err error
			a.conn, err = server.Dial(ctx)
			return a.conn, err
		}
		if change != nil {
			change(&config)
		}
		a.config = config
		a.start()
		test(a)
		a.stop()
	})
}

func (a *away) start() {
	a.run = startInBubble(a.t, a.config, func(e *engine.Engine) {
		a.Engine = e
		a.events = make(map[order.EventKind]int)
		e.OnOrder(func(_ *order.Order, ev *order.Event) { a.events[ev.Kind]++ })
		e.OnPayload(func(r *engine.TapRecord) {
			var p seto.Payload
			if r.Direction != session.Outbound || proto.Unmarshal(r.Payload, &p) != nil {
				return
			}
			switch p.GetType() {
			case seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE:
				a.asked = append(a.asked, fmt.Sprint("+", p.GetMarketSubscribe().GetMarketId()))
			case seto.PayloadType_PAYLOAD_MARKET_UNSUBSCRIBE:
				a.asked = append(a.asked, fmt.Sprint("-", p.GetMarketUnsubscribe().GetMarketId()))
			}
		})
	})
	advance(time.Second)
}

func (a *away) stop() {
	a.run.Stop()
	_ = a.run.wait()
}

// leave takes the bot off the network, or ends it as a crash does; back brings it back.
func (a *away) leave(crash bool) {
	if crash {
		_ = a.run.Close()
		_ = a.run.wait()
		a.run = nil
		return
	}
	a.setDown(true)
	_ = a.conn.Close()
	advance(time.Second)
}

func (a *away) back() {
	if a.run == nil {
		a.asked = nil
		a.start()
	} else {
		a.do(a.run, func() { a.asked = nil })
	}
	a.setDown(false)
	advance(time.Minute)
}

func (a *away) setDown(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = on
}

// buy buys 40.00 of a contract at 50.00 %, from a rival.
func (a *away) buy(market, contract uint32) {
	a.t.Helper()
	a.exchange(func(x *truth.Exchange) {
		x.Submit("rival", truth.Create{
			Market: market, Contract: contract, Side: msg.SideSell, Price: 5000, Quantity: 400_000,
		})
	})
	a.place(order.Limit{Market: market, Contract: contract, Side: odds.Buy, Price: 5000, Quantity: 400_000})
}

func (a *away) place(l order.Limit) {
	a.t.Helper()
	a.do(a.run, func() {
		if _, err := a.Place(l); err != nil {
			a.t.Error(err)
		}
	})
	advance(time.Second)
}

func (a *away) exchange(f func(*truth.Exchange)) {
	a.server.Do(func(s *sim.Sim) { f(s.Exchange) })
}

func (a *away) settle(market uint32, winner uint32) {
	a.exchange(func(x *truth.Exchange) {
		if err := x.Settle(market, "over", winner); err != nil {
			a.t.Error(err)
		}
	})
	advance(time.Second)
}

// agrees compares cash, realised result and positions with the exchange's, and expects the state to be complete but for
// what a new account lacks.
func (a *away) agrees() {
	a.t.Helper()
	a.do(a.run, func() {
		want, _ := a.server.Truth(sim.DemoUsername)
		have := a.Account()
		if int64(have.Cash) != int64(want.Cash) || int64(have.Realised) != int64(want.Cash)-10_000*1e8 ||
			int64(have.Available) != int64(want.Available) || have.Awaiting != 0 {
			a.t.Errorf("account %+v, the exchange has %+v", have, want)
		}
		for market, contracts := range marketContracts {
			for _, c := range contracts {
				var net int64
				for _, p := range want.Positions {
					if p.Market == market && p.Contract == c {
						net = p.Net
					}
				}
				if p := a.Position(market, c); int64(p.Final) != net {
					a.t.Errorf("contract %d: %+v, the exchange has %d", c, p, net)
				}
			}
		}
		if c := a.Completeness(); c.Why&^order.CatchUpLacking != 0 {
			a.t.Errorf("%+v", c)
		}
	})
}

// unknown expects the state to say that the result of a market is not known, and nothing to be lost by it any more.
func (a *away) unknown(market uint32) {
	a.t.Helper()
	a.do(a.run, func() {
		c, m := a.Completeness(), a.Account()
		if c.Complete || c.Why&order.ResultUnknown == 0 || c.Market != market || m.WorstCase != 0 || m.Awaiting == 0 {
			a.t.Errorf("%+v, %+v", c, m)
		}
	})
}

func (a *away) expectAsked(want ...string) {
	a.t.Helper()
	a.do(a.run, func() {
		if !slices.Equal(a.asked, want) {
			a.t.Errorf("sent %q, want %q", a.asked, want)
		}
	})
}

// TestSettledUnsubscribed: the engine subscribes to a market that the bot only trades in, so that its settlement is
// known, and ends that when nothing is left in it.
func TestSettledUnsubscribed(t *testing.T) {
	for _, winner := range marketContracts[sim.DemoMarket] {
		onAway(t, nil, 0, func(a *away) {
			a.buy(sim.DemoMarket, sim.DemoHome)
			a.expectAsked("+100000")
			a.settle(sim.DemoMarket, winner)
			a.agrees()
			advance(time.Minute)
			a.expectAsked("+100000", "-100000")
			a.agrees()
		})
	}
}

// TestSettledAway: a market is settled while the bot is off the network, or not running. It is said that the result is
// not known, until the next report shows the cash, or the user says it.
func TestSettledAway(t *testing.T) {
	for _, crash := range []bool{false, true} {
		for _, word := range []bool{false, true} {
			for _, winner := range []uint32{sim.DemoHome, sim.DemoAway} {
				t.Run(fmt.Sprintf("crash %v, word %v, winner %d", crash, word, winner), func(t *testing.T) {
					onAway(t, nil, 0, func(a *away) {
						a.buy(sim.DemoMarket, sim.DemoHome)
						a.leave(crash)
						a.settle(sim.DemoMarket, winner)
						a.back()
						a.expectAsked("+100000", "-100000")
						a.unknown(sim.DemoMarket)
						if word {
							a.do(a.run, func() {
								if err := a.SettleMarket(sim.DemoMarket, winner); err != nil {
									t.Error(err)
								}
							})
							a.agrees()
						}
						a.place(order.Limit{
							Market: otherMarket, Contract: over, Side: odds.Buy, Price: 100, Quantity: 400_000,
						})
						advance(time.Minute)
						a.agrees()
						if a.events[order.Drift] != 0 {
							t.Errorf("%v", a.events)
						}
					})
				})
			}
		}
	}
}

// TestSettledAwayWithout: markets that are settled or voided while the bot is away, and in which it has nothing, or
// nothing any more, change nothing.
func TestSettledAwayWithout(t *testing.T) {
	for _, crash := range []bool{false, true} {
		onAway(t, nil, 0, func(a *away) {
			a.place(order.Limit{
				Market: otherMarket, Contract: over, Side: odds.Buy, Price: 100, Quantity: 400_000,
			})
			a.buy(sim.DemoMarket, sim.DemoHome)
			a.leave(crash)
			a.settle(otherMarket, over) // cancels the order
			a.exchange(func(x *truth.Exchange) {
				if err := x.VoidMarket(sim.DemoMarket, "abandoned"); err != nil {
					t.Error(err)
				}
			})
			a.back()
			a.agrees()
			a.expectAsked() // nor are the books of before asked for
		})
	}
}

// TestSettledAwayBoth: two markets are settled, and the sum tells which brought what.
func TestSettledAwayBoth(t *testing.T) {
	onAway(t, nil, 0, func(a *away) {
		a.buy(sim.DemoMarket, sim.DemoHome)
		a.exchange(func(x *truth.Exchange) {
			x.Submit("rival", truth.Create{
				Market: otherMarket, Contract: over, Side: msg.SideSell, Price: 3000, Quantity: 100_000,
			})
		})
		a.place(order.Limit{Market: otherMarket, Contract: over, Side: odds.Buy, Price: 3000, Quantity: 100_000})
		a.leave(true)
		a.settle(sim.DemoMarket, sim.DemoAway)
		a.settle(otherMarket, over)
		a.back()
		a.do(a.run, func() {
			if c := a.Completeness(); c.Why&order.ResultUnknown == 0 || a.Account().WorstCase != 0 {
				a.t.Errorf("%+v, %+v", c, a.Account())
			}
			if err := errors.Join(a.SettleMarket(otherMarket, over),
				a.SettleMarket(sim.DemoMarket, sim.DemoAway)); err != nil {
				a.t.Error(err)
			}
			if err := a.SettleMarket(9); !errors.Is(err, order.ErrMarketUnknown) {
				a.t.Error(err)
			}
		})
		a.agrees()
	})
}

// TestFollowBounds: the engine's own subscriptions count for SubscriptionsMax, give way to the bot's, and are not ended
// where the bot has subscribed too. What cannot be followed is said.
func TestFollowBounds(t *testing.T) {
	one := func(c *engine.Config) { c.SubscriptionsMax = 1 }
	subscribe := func(a *away, market uint32, want error) {
		a.t.Helper()
		a.do(a.run, func() {
			var m msg.MarketSubscribe
			m.SetMarketId(market)
			if _, err := a.SendMarketSubscribe(&m); !errors.Is(err, want) {
				a.t.Errorf("%v, want %v", err, want)
			}
		})
		advance(time.Second)
	}
	onAway(t, one, 0, func(a *away) {
		a.buy(sim.DemoMarket, sim.DemoHome)
		a.buy(otherMarket, over)
		a.expectAsked("+100000")
		a.do(a.run, func() {
			if c := a.Completeness(); c.Why&order.Unfollowed == 0 {
				a.t.Errorf("%+v", c)
			}
		})
		subscribe(a, otherMarket, nil)
		a.expectAsked("+100000", "+100001", "-100000")
		subscribe(a, sim.DemoMarket, engine.ErrSubscriptions)
	})
	onAway(t, nil, 0, func(a *away) {
		a.buy(sim.DemoMarket, sim.DemoHome)
		subscribe(a, sim.DemoMarket, nil)
		a.settle(sim.DemoMarket, sim.DemoHome)
		advance(time.Minute)
		a.expectAsked("+100000", "+100000") // it is the bot's, and stays
		a.agrees()
	})
	onAway(t, nil, 0, func(a *away) {
		a.buy(sim.DemoMarket, sim.DemoHome)
		a.do(a.run, func() {
			var m msg.MarketUnsubscribe
			m.SetMarketId(sim.DemoMarket)
			if _, err := a.SendMarketUnsubscribe(&m); err != nil {
				a.t.Error(err)
			}
		})
		advance(time.Second)
		a.expectAsked("+100000", "-100000", "+100000") // the position is still there
	})
	off := func(c *engine.Config) { c.State.DisableFollow = true }
	onAway(t, off, 0, func(a *away) {
		a.buy(sim.DemoMarket, sim.DemoHome)
		advance(time.Minute)
		a.expectAsked()
		if err := (&engine.Engine{}).SettleMarket(1); !errors.Is(err, engine.ErrNoState) {
			a.t.Error(err)
		}
	})
	feed := func(c *engine.Config) {}
	onAway(t, feed, 0, func(a *away) {
		a.do(a.run, func() {
			if _, err := a.SendMarketFeedSubscribe(new(msg.MarketFeedSubscribe)); err != nil {
				a.t.Error(err)
			}
		})
		a.buy(sim.DemoMarket, sim.DemoHome)
		a.settle(sim.DemoMarket, sim.DemoHome)
		a.expectAsked() // the feed has the states of all markets
		a.agrees()
	})
}

// settledSeeds is how many random evenings TestSettledTruth has.
const settledSeeds = 24 * seeds / seedsAll

// TestSettledTruth trades in both markets among other participants, with breaks of either kind during which a market
// may be settled or voided. In the end the account agrees with the exchange's, or says what it does not know.
func TestSettledTruth(t *testing.T) {
	known := 0
	for seed := range uint64(settledSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			base := func(c *engine.Config) { c.Session.ReferenceBase = 1 + seed<<32 }
			onAway(t, base, 100, func(a *away) {
				if a.evening(rand.New(rand.NewPCG(seed, 7))) {
					known++
				}
			})
		})
	}
	if known < settledSeeds/2 {
		t.Errorf("%d of %d evenings ended with all known", known, settledSeeds)
	}
}

// evening reports whether all was known in the end.
func (a *away) evening(r *rand.Rand) bool {
	open, out := []uint32{sim.DemoMarket, otherMarket}, map[uint32][]uint32{}
	trade := func() {
		for range 30 {
			market := open[r.IntN(len(open))]
			contracts := marketContracts[market]
			l := order.Limit{
				Market: market, Contract: contracts[r.IntN(len(contracts))], Side: odds.Buy + odds.Side(r.IntN(2)),
				Price: odds.Price(2000 + 100*r.IntN(60)), Quantity: odds.Quantity(10_000 * (1 + r.IntN(20))),
			}
			a.do(a.run, func() {
				if _, err := a.Place(l); err != nil && !session.SafeToResend(err) {
					a.t.Error(err)
				}
			})
			advance(50 * time.Millisecond)
		}
	}
	end := func() {
		at := r.IntN(len(open))
		market := open[at]
		if r.IntN(4) == 0 { // a contract is out, and the market goes on
			contracts := marketContracts[market]
			contract := contracts[r.IntN(len(contracts))]
			if !slices.Contains(out[market], contract) && len(out[market]) < len(contracts)-1 { // one has to win
				out[market] = append(out[market], contract)
				a.exchange(func(x *truth.Exchange) { _ = x.SettleContract(market, contract, false, "out") })
			}
			return
		}
		a.exchange(func(x *truth.Exchange) {
			if r.IntN(4) == 0 {
				_ = x.VoidMarket(market, "abandoned")
				return
			}
			contracts := marketContracts[market]
			for x.Settle(market, "over", contracts[r.IntN(len(contracts))]) != nil { // that contract is out
			}
		})
		open = slices.Delete(open, at, at+1)
	}
	a.exchange(func(x *truth.Exchange) { // fills are provisional for a while, or not
		for _, market := range open {
			if err := x.SetManaged(market, r.IntN(2) == 0, int64(5*time.Second)); err != nil {
				a.t.Error(err)
			}
		}
	})
	trade()
	for range 3 {
		away, settles := r.IntN(3) > 0, r.IntN(2) == 0 && len(open) > 0
		if away {
			a.leave(r.IntN(2) == 0)
		}
		if settles {
			end()
			advance(time.Second)
		}
		if away {
			a.back()
			if r.IntN(2) == 0 {
				a.leave(r.IntN(2) == 0)
				a.back()
			}
		}
		if len(open) > 0 {
			trade()
		}
	}
	a.server.Do(func(s *sim.Sim) { s.SetAgentRate(0) })
	advance(time.Minute)
	known := false
	a.do(a.run, func() {
		c := a.Completeness()
		if known = c.Why&order.ResultUnknown == 0; !known && len(open) > 0 {
			a.t.Errorf("%+v, and markets %v are open", c, open)
		}
	})
	if known {
		a.agrees()
	}
	return known
}
