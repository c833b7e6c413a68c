package backtest

import (
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// crowd is other participants who meet at few prices, so that levels have queues, and who cancel from anywhere in them.
type crowd struct {
	x      *exchange.Exchange
	random *rand.Rand
	every  int64
	next   int64
	quiet  bool
	places []place
	sweeps int // one of so many actions goes through all levels, 0 if none does
	acts   int
}

// place is a contract that they trade.
type place struct {
	market, contract uint32
	fair             int
	live             []uint64
}

const (
	crowdMaker = "crowd maker"
	crowdTaker = "crowd taker"
	crowdStep  = 10
	crowdFar   = 7 * crowdStep // from the price of the others: beyond what a maker quotes there
)

func newCrowd(x *exchange.Exchange, seed uint64, rate int) *crowd {
	c := &crowd{x: x, random: rand.New(rand.NewPCG(seed, 3)), every: int64(time.Second) / int64(rate), next: x.Now()}
	for _, market := range []uint32{winMarket, goalMarket} {
		for _, id := range contracts[market] {
			fair := exchange.PriceSum / len(contracts[market]) / crowdStep * crowdStep
			c.places = append(c.places, place{market: market, contract: id, fair: fair})
		}
	}
	return c
}

// tick is the exchange's OnTick.
func (c *crowd) tick(now int64) int64 {
	for ; c.next <= now; c.next += c.every {
		if !c.quiet {
			c.act(&c.places[c.random.IntN(len(c.places))])
		}
	}
	return c.next
}

func (c *crowd) act(p *place) {
	if c.acts++; c.sweeps > 0 && c.acts%c.sweeps == 0 {
		c.sweep(p)
		return
	}
	n := c.random.IntN(100)
	switch {
	case n < 3:
		p.fair = min(max(p.fair+crowdStep*(c.random.IntN(3)-1), 1000), 9000)
	case n < 25 && len(p.live) > 12:
		i := c.random.IntN(len(p.live))
		c.x.SubmitCancel(crowdMaker, p.live[i])
		p.live = append(p.live[:i], p.live[i+1:]...)
	case n < 40:
		c.take(p)
	default:
		c.quote(p)
	}
}

// quote adds an order at one of few prices.
func (c *crowd) quote(p *place) {
	away := crowdStep * (1 + min(c.random.IntN(4), c.random.IntN(7)))
	side, price := msg.SideBuy, p.fair-away
	bid, offer := c.x.Best(p.market, p.contract)
	if c.random.IntN(2) == 0 {
		side, price = msg.SideSell, p.fair+away
		price = max(price, int(bid)+1)
	} else if offer > 0 {
		price = min(price, int(offer)-1)
	}
	id, rejection := c.x.Submit(crowdMaker, exchange.Create{
		Market: p.market, Contract: p.contract, Side: side, Price: uint32(price),
		Quantity: 1000 * (1 + c.random.Uint64N(40)),
	})
	if rejection.OK() {
		if p.live = append(p.live, id); len(p.live) > 60 {
			c.x.SubmitCancel(crowdMaker, p.live[0])
			p.live = p.live[1:]
		}
	}
}

// sweep takes all levels of a side, up to one that is far away.
func (c *crowd) sweep(p *place) {
	side, price := msg.SideBuy, uint32(p.fair+crowdFar)
	if c.acts/c.sweeps%2 == 0 {
		side, price = msg.SideSell, uint32(p.fair-crowdFar)
	}
	c.x.Submit(crowdMaker, exchange.Create{
		Market: p.market, Contract: p.contract, Side: msg.SideBuy + msg.SideSell - side, Price: price, Quantity: 40_000,
	})
	c.x.Submit(crowdTaker, exchange.Create{
		Market: p.market, Contract: p.contract, Side: side, Price: price, TIF: msg.ImmediateOrCancel,
		Quantity: 4_000_000,
	})
}

// take trades with the best level of a side, and sometimes with those behind it.
func (c *crowd) take(p *place) {
	bid, offer := c.x.Best(p.market, p.contract)
	r := exchange.Create{
		Market: p.market, Contract: p.contract, Side: msg.SideBuy, Price: offer, TIF: msg.ImmediateOrCancel,
		Quantity: 1000 * (1 + c.random.Uint64N(80)),
	}
	deep := uint32(c.random.IntN(3)) * crowdStep
	if c.random.IntN(2) == 0 {
		if r.Side, r.Price = msg.SideSell, bid; bid > deep {
			r.Price -= deep
		}
	} else if offer != 0 && offer+deep < 9999 {
		r.Price += deep
	}
	if r.Price != 0 {
		c.x.Submit(crowdTaker, r)
	}
}
