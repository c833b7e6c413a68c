package sim

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/sim/exchange"
)

// A single bot that quotes both sides gets fills on both.
func TestLoneBotIsFilled(t *testing.T) {
	config := DefaultConfig()
	config.Agents.Rate = 1000
	config.Markets = config.Markets[:1]
	h := newHarness(t, config)
	c := h.login()
	c.create(buy, 500000, 3330, 1)
	c.create(sell, 500000, 3336, 2)
	for range 20 {
		h.wait(time.Second)
		c.beat()
	}
	var both [2]uint64
	for m := c.next(); m != nil; m = c.next() {
		if m.HasOrderExecuted() {
			both[m.GetOrderExecuted().GetSide()-buy] += m.GetOrderExecuted().GetQuantity()
		}
	}
	if both[0] == 0 || both[1] == 0 {
		t.Errorf("bought %d and sold %d", both[0], both[1])
	}
	bids, offers := h.sim.Exchange.Book(DemoMarket, DemoHome)
	if len(bids) < 3 || len(offers) < 3 {
		t.Errorf("the book has %d bids and %d offers", len(bids), len(offers))
	}
}

// orderCountShift is how far the count of orders is shifted in an order's number.
const orderCountShift = 22

// Participants that paused do as much as their rate says when they go on, and do not catch up from the beginning of
// time.
func TestAgentsGoOnAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, span = 1000, time.Second
		config := DefaultConfig()
		config.Agents.Rate = rate
		s, err := Local(config)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(context.Background()) }()
		count := func(next int) (n int) {
			s.Do(func(s *Sim) {
				// Orders of all accounts are numbered together.
				id, _ := s.Exchange.Submit(DemoUsername, exchange.Create{
					Market: DemoMarket, Contract: DemoHome, Side: buy, Price: 1, Quantity: 10_000,
				})
				n = int(id >> orderCountShift)
				s.SetAgentRate(next)
			})
			return n
		}
		time.Sleep(span)
		first := count(0)
		time.Sleep(span)
		pause := count(rate) - first
		time.Sleep(span)
		again := count(0) - first - pause
		// The second of the pause may be made up for.
		if first == 0 || pause > rate/100 || again == 0 || again > 2*rate+rate/100 {
			t.Errorf("%d orders in a second, %d in a pause, %d in a second after it", first, pause, again)
		}
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
}
