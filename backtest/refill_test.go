package backtest

import (
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// offer says that the best offer of contract 1000, at 3100, has another quantity, some of which was traded.
func (m *made) offer(at time.Duration, quantity, traded uint64) {
	m.say(at, func(p *msg.Payload) {
		q := p.MutableContractQuotes()
		q.SetMarketId(winMarket)
		q.SetContractId(1000)
		o := q.AddOffers()
		o.SetPrice(3100)
		o.SetQuantity(quantity)
		if traded > 0 {
			x := q.AddExecutions()
			x.SetPrice(3100)
			x.SetQuantity(traded)
			x.SetLiquidity(msg.SideSell)
			x.SetMicroseconds(1)
		}
	})
}

// took says that an order of the recording account took from that offer.
func (m *made) took(at time.Duration, sequence, id, quantity uint64) {
	m.acceptedAt(at, sequence, id, 3100, quantity, false)
	m.say(at, func(p *msg.Payload) {
		x := p.MutableOrderExecuted()
		x.SetAccountSequence_64(sequence + 1)
		x.SetOrderId(id)
		x.SetMarketId(winMarket)
		x.SetContractId(1000)
		x.SetSide(msg.SideBuy)
		x.SetPrice(3100)
		x.SetQuantity(quantity)
		x.SetAvailableQuantity(0)
	})
}

// TestRefilled takes from a level what the recording account took, and then what others had put there since, whether
// that is as much as before or not.
func TestRefilled(t *testing.T) {
	const before, took = 100_000_000, 60_000_000
	for _, after := range []uint64{70_000_000, before, 130_000_000} {
		m := newMade(t)
		m.login(0, 1)
		m.state(0, msg.MarketStateLive, nil)
		m.books(0, middles)
		m.offer(1*time.Second, before-took, took)
		m.took(1*time.Second, 1, 1, took)
		m.offer(2*time.Second, after, 0)
		m.books(4*time.Second, middles)
		m.close()
		c := Config{Dir: m.dir, Balance: 100_000 * exchange.Currency}
		r, err := Run(c, botConfig(1), func(e *engine.Engine) error {
			buy := func(at time.Duration, quantity odds.Quantity) error {
				_, err := e.After(at, func() {
					_, _ = e.Place(order.Limit{
						Market: winMarket, Contract: 1000, Side: odds.Buy, Price: 3100, Quantity: quantity,
						TimeInForce: msg.ImmediateOrCancel,
					})
				})
				return err
			}
			if err := buy(1*time.Second, took); err != nil {
				return err
			}
			if err := buy(3*time.Second, odds.Quantity(after)); err != nil {
				return err
			}
			return e.Subscribe(winMarket)
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Models {
			if got := r.Models[i].Figures.Bought; got != took+after {
				t.Errorf("%s: %d of %d and %d", r.Models[i].Queue, got, took, after)
			}
		}
	}
}
