package book_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// With the simulator's other participants on, a bot that quotes at and behind the best prices knows the queue
// ahead of most of its orders exactly, and its bounds hold for all of them.
func TestQueueAmongParticipants(t *testing.T) {
	for _, moves := range []bool{false, true} {
		const rate = 1000
		c := sim.DefaultConfig()
		c.Agents = sim.Agents{Rate: rate, Step: 2, Spread: 4}
		c.Accounts = []exchange.Account{{Username: "bot", Balance: 1e17}}
		c.Markets = []exchange.Market{{ID: 1, State: msg.MarketStateLive, Contracts: []exchange.Contract{
			{ID: 1},
			{ID: 2},
		}}}
		c.Limits.Orders = 1024
		s, err := sim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		x := s.Exchange
		tr := newTrader(t, x, "bot", book.Config{InPlaceReplaces: moves})
		tr.subscribe(1)
		r := rand.New(rand.NewPCG(1, 1))
		var count queueCount
		names := []string{"bot", "house maker 1", "house maker 2", "house maker 3", "house maker 4"}
		for k := range operations / 100 {
			s.Tick(s.Now() + int64(time.Second)/rate)
			if k%10 == 0 {
				tr.quote(r)
			}
			if k%2 == 0 {
				continue
			}
			var orders []exchange.OrderTruth
			for _, name := range names {
				for _, o := range x.Orders(name) {
					if o.State != exchange.OrderLive {
						break
					}
					orders = append(orders, o)
				}
			}
			count.compare(t, tr, orders, "a tick")
		}
		t.Logf("in place replaces allowed for: %v: %v", moves, count)
		if !moves && count.exact*10 < count.all*6 {
			t.Errorf("%v, want 60 %% exact", count)
		}
	}
}

// quote keeps about eight orders at the best three prices.
func (tr *trader) quote(r *rand.Rand) {
	if len(tr.refs) >= 8 {
		tr.login.Cancel(&exchange.Cancel{OrderID: tr.live(r)})
		return
	}
	contract, side := 1+r.Uint32N(2), odds.Buy+odds.Side(r.IntN(2))
	c, _ := tr.b.Contract(1, contract)
	levels := c.Levels(nil, side)
	if len(levels) == 0 {
		return
	}
	l := levels[r.IntN(min(3, len(levels)))]
	tr.create(1, contract, side, uint32(l.Price), 1000*(1+r.Uint64N(100)), msg.GoodTilCancelled)
}
