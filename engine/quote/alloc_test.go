//go:build !race

package quote

import (
	"testing"

	"github.com/smk-go/smk/odds"
)

// TestAllocations expects no path that repeats to allocate, with 1,000 contracts.
func TestAllocations(t *testing.T) {
	const contracts = 1000
	for _, width := range []int{1, 3} {
		c := newCrowd(t, contracts, width)
		i := 0
		next := func() int { i = (i + 7) % contracts; return i }
		for _, path := range []struct {
			name string
			sent int // by each round
			play func()
		}{
			{"a wish within the tolerance", 0, func() { n := next(); c.price[n] ^= 1; c.set(t, n) }},
			{"a step without a change", 0, func() {}},
			{"a move", 2 * width, func() { n := next(); c.price[n] ^= 512; c.set(t, n) }},
			{"a smaller and a larger size", 2 * width, func() { c.size ^= 64; c.set(t, 5) }},
			{"a pull and a wish", -1, func() { n := next(); c.q.Pull(c.id(n)); c.resolve(t); c.set(t, n) }},
			{"a hold of all", -1, func() { c.q.Hold(Gap, true); c.resolve(t); c.q.Hold(Gap, false) }},
			{"a hold of a market", -1, func() {
				for _, on := range [2]bool{true, false} {
					if err := c.q.HoldMarket(3, MarketHalted, on); err != nil {
						t.Fatal(err)
					}
					c.resolve(t)
				}
			}},
			{"refusals", -1, func() {
				n := next()
				c.price[n] ^= 512
				c.set(t, n)
				for _, r := range [2]Refusal{Throttled, Denied} {
					c.now += 1e12
					actions := c.q.Step(c.now, Budget{1000, 1000})
					for i := range actions {
						c.q.Refused(&actions[i], r, 0)
					}
				}
				c.now += 1e12
			}},
			{"an order of others", -1, func() {
				o := Order{
					Contract: Contract{1 << 20, 1 << 20}, Key: 1 << 40, State: Live, Side: odds.Buy, Open: 1,
					Price: 1,
				}
				if c.q.Apply(&o) != ErrContractsFull {
					t.Fatal("there is room for another contract")
				}
				c.q.Tracked()
				o.Contract = c.id(next())
				for _, o.State = range [2]State{Live, Closed} {
					if err := c.q.Apply(&o); err != nil {
						t.Fatal(err)
					}
				}
			}},
			{"status", 0, func() { c.q.Status(c.id(next())); c.q.Stats(); c.q.Events() }},
		} {
			round := func() {
				path.play()
				if sent := c.resolve(t); path.sent >= 0 && sent != path.sent {
					t.Fatalf("%s: %d sent, want %d", path.name, sent, path.sent)
				}
			}
			if n := testing.AllocsPerRun(20, round); n != 0 {
				t.Errorf("%d levels: %s allocates %v times", width, path.name, n)
			}
		}
	}
}

// TestCostOfAStep expects a step to compare what has changed, and nothing else, however many contracts there are.
func TestCostOfAStep(t *testing.T) {
	for _, contracts := range []int{1, 10, 1000} {
		c := newCrowd(t, contracts, 1)
		before := c.q.Stats().Planned
		c.resolve(t)
		if n := c.q.Stats().Planned - before; n != 0 {
			t.Errorf("%d contracts: %d sides compared without a change", contracts, n)
		}
		c.price[0]++
		c.set(t, 0)
		c.resolve(t)
		if n := c.q.Stats().Planned - before; n != 2 {
			t.Errorf("%d contracts: %d sides compared for a change of one", contracts, n)
		}
	}
	// What waits for the budget is not compared again and again.
	c := newCrowd(t, 1000, 1)
	for i := range c.price {
		c.price[i] += 100
		c.set(t, i)
	}
	c.q.Step(c.now, Budget{1000, 0})
	before := c.q.Stats().Planned
	for range 100 {
		actions := c.q.Step(c.now, Budget{1000, 1})
		if len(actions) != 1 {
			t.Fatalf("%d actions", len(actions))
		}
		c.q.Sent(&actions[0], c.next)
		c.next++
	}
	if n := c.q.Stats().Planned - before; n > 400 {
		t.Errorf("%d sides compared for 100 messages", n)
	}
}
