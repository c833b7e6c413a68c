package backtest

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// window is what a recording shows of one side of a contract. Keys are prices of bids and 10000 less prices of offers,
// so that a higher key is a better price.
type window struct {
	levels []rawLevel // best first
	depth  int        // the most levels that are visible
}

// twoSides is what a recording shows of a contract.
type twoSides struct {
	sides [2]window // bids and offers
	waits bool      // a change is among the books that wait for reports
	stale bool      // some levels may be
}

// rawLevel is a level as it was sent, and what of it the others have.
type rawLevel struct {
	key      uint32
	stale    bool // records were lost since it was named: it may be another one, or gone
	quantity uint64
	others   uint64
}

const (
	buy  = 0
	sell = 1
)

func sideIndex(s msg.Side) int { return int(s - msg.SideBuy) }
func sideOf(side int) msg.Side { return msg.SideBuy + msg.Side(side) }

func keyOf(side int, price uint32) uint32 {
	if side == sell {
		return exchange.PriceSum - price
	}
	return price
}

// find returns the position of a key, or where it belongs.
func (w *window) find(key uint32) (i int, found bool) {
	for i < len(w.levels) && w.levels[i].key > key {
		i++
	}
	return i, i < len(w.levels) && w.levels[i].key == key
}

// set sets a level's quantity; 0 removes it. It returns what the others had, and reports whether the level was there.
func (w *window) set(key uint32, quantity, others uint64) (before uint64, found bool) {
	i, found := w.find(key)
	switch {
	case found:
		before = w.levels[i].others
		if quantity == 0 {
			w.levels = append(w.levels[:i], w.levels[i+1:]...)
		} else {
			w.levels[i] = rawLevel{key: key, quantity: quantity, others: others}
		}
	case quantity > 0:
		w.levels = append(w.levels, rawLevel{})
		copy(w.levels[i+1:], w.levels[i:])
		w.levels[i] = rawLevel{key: key, quantity: quantity, others: others}
	}
	return before, found
}

// raise takes note that a level of this key is visible: the exchange sends no other.
func (w *window) raise(key uint32) {
	if i, found := w.find(key); found && i >= w.depth {
		w.depth = min(i+1, depthMost)
	}
}

// trim forgets the levels that better ones have pushed out: what happens to them is not sent.
func (w *window) trim() {
	if len(w.levels) > w.depth {
		w.levels = w.levels[:w.depth]
	}
}

// lost says that records were lost, and with them changes of levels.
func (t *twoSides) lost() {
	for side := range t.sides {
		for i := range t.sides[side].levels {
			t.sides[side].levels[i].stale, t.stale = true, true
		}
	}
}

// uncross removes the best stale level that crosses the other side, and so is not there any more.
func (t *twoSides) uncross() (side int, price uint32, found bool) {
	bids, offers := t.sides[buy].levels, t.sides[sell].levels
	if len(bids) == 0 || len(offers) == 0 || bids[0].key+offers[0].key < exchange.PriceSum {
		return 0, 0, false
	}
	for side := range t.sides {
		if w := &t.sides[side]; w.levels[0].stale {
			price = keyOf(side, w.levels[0].key)
			w.levels = append(w.levels[:0], w.levels[1:]...)
			return side, price, true
		}
	}
	return 0, 0, false
}

// worst returns the worst visible price, 0 if every level is visible.
func (w *window) worst(side int) uint32 {
	if len(w.levels) < w.depth {
		return 0
	}
	return keyOf(side, w.levels[len(w.levels)-1].key)
}

// best returns the best prices of others, 0 for none.
func (t *twoSides) best() (bid, offer uint32) {
	var best [2]uint32
	for side := range t.sides {
		for i := range t.sides[side].levels {
			if l := &t.sides[side].levels[i]; l.others > 0 {
				best[side] = keyOf(side, l.key)
				break
			}
		}
	}
	return best[buy], best[sell]
}
