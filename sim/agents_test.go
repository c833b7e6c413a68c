package sim

import (
	"testing"
	"time"
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
