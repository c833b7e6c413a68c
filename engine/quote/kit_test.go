package quote

import (
	"testing"

	"github.com/smk-go/smk/odds"
)

// crowd is a quoter with many contracts quoted on both sides, at an exchange that accepts everything at once.
type crowd struct {
	q     *Quoter
	next  uint64
	now   int64
	price []odds.Price // bid of each contract
	size  odds.Quantity
	width int // levels a side
}

func newCrowd(t testing.TB, contracts, width int) *crowd {
	q, err := New(Config{Contracts: contracts, Levels: width, Actions: 1024})
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{q: q, next: 1, price: make([]odds.Price, contracts), size: 100, width: width}
	for i := range contracts {
		c.price[i] = 4000
		c.set(t, i)
		c.resolve(t)
	}
	return c
}

func (c *crowd) id(i int) Contract { return Contract{uint32(i/10 + 1), uint32(i + 1)} }

func (c *crowd) set(t testing.TB, i int) {
	if c.width == 1 {
		two := Two{Bid: c.price[i], Ask: c.price[i] + 500, Size: c.size, Tolerance: 5, SizeTolerance: 10}
		if err := c.q.Set(c.id(i), two); err != nil {
			t.Fatal(err)
		}
		return
	}
	var bids, asks [LevelsMax]Level
	for w := range c.width {
		bids[w] = Level{c.price[i] - odds.Price(20*w), c.size}
		asks[w] = Level{c.price[i] + 500 + odds.Price(20*w), c.size}
	}
	if err := c.q.SetLevels(c.id(i), bids[:c.width], asks[:c.width], Tolerance{5, 10}); err != nil {
		t.Fatal(err)
	}
}

// resolve steps until nothing is left to send, and returns how much was sent.
func (c *crowd) resolve(t testing.TB) (sent int) {
	for {
		c.now++
		actions := c.q.Step(c.now, Budget{1000, 1000})
		if len(actions) == 0 {
			return sent
		}
		sent += len(actions)
		for i := range actions {
			carryOut(t, c.q, &actions[i], c.next)
			c.next++
		}
	}
}
