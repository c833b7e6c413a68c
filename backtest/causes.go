package backtest

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Texts of a [Cause].
const (
	causeNoOrder    = "the backtest had no order there"
	causeOtherPrice = "the backtest had its order at another price"
	causeQueue      = "the backtest's queue was not reached"
	causeEarlier    = "the backtest's order there was filled before"
	causeNoLive     = "the live bot had no order there"
	causeLivePrice  = "the live bot had its order at another price"
	causeLiveQueue  = "the live queue was not reached"
	causeLiveBefore = "the live order there was filled before"
)

// causeTexts are what there may be in the other day in place of a fill.
type causeTexts struct{ none, elsewhere, before, queue string }

var (
	missedCauses   = causeTexts{causeNoOrder, causeOtherPrice, causeEarlier, causeQueue}
	inventedCauses = causeTexts{causeNoLive, causeLivePrice, causeLiveBefore, causeLiveQueue}
)

// causes finds out why fills of one day are not among those of another day's orders.
type causes struct {
	texts     *causeTexts
	tolerance int64
	sides     map[bookSide][]orderTime  // by acceptance
	levels    map[bookLevel][]orderTime // likewise
}

// bookSide names a side of a book, bookLevel one of its prices.
type (
	bookSide struct {
		bookID
		side string
	}
	bookLevel struct {
		bookSide
		price uint32
	}
)

// orderTime is when an order was accepted, and what is known of it and of all that were accepted before.
type orderTime struct {
	accepted int64
	ended    int64 // the latest end, MaxInt64 if one was live at the end
	filled   bool  // one was filled completely
}

// newCauses sorts the orders of the other day. Fills that are further apart than tolerance are different ones.
func newCauses(orders []OrderResult, tolerance time.Duration, texts *causeTexts) *causes {
	c := &causes{
		texts: texts, tolerance: int64(tolerance), sides: make(map[bookSide][]orderTime),
		levels: make(map[bookLevel][]orderTime),
	}
	sorted := slices.Clone(orders)
	slices.SortStableFunc(sorted, func(a, b OrderResult) int { return cmp.Compare(a.Accepted, b.Accepted) })
	for i := range sorted {
		o := &sorted[i]
		t := orderTime{o.Accepted, o.Ended, o.Filled >= o.Quantity}
		if t.ended == 0 {
			t.ended = math.MaxInt64
		}
		side := bookSide{bookID{o.Market, o.Contract}, o.Side}
		level := bookLevel{side, o.Price}
		c.sides[side] = t.addTo(c.sides[side])
		c.levels[level] = t.addTo(c.levels[level])
	}
	return c
}

func (t orderTime) addTo(list []orderTime) []orderTime {
	if n := len(list); n > 0 {
		t.ended, t.filled = max(t.ended, list[n-1].ended), t.filled || list[n-1].filled
	}
	return append(list, t)
}

// why returns why there is no fill like f.
func (c *causes) why(f *FillResult) string {
	side := bookSide{bookID{f.Market, f.Contract}, f.Side}
	there, filled := c.at(c.levels[bookLevel{side, f.Price}], f.At)
	if there {
		return c.texts.queue
	}
	if filled {
		return c.texts.before
	}
	if there, _ = c.at(c.sides[side], f.At); there {
		return c.texts.elsewhere
	}
	return c.texts.none
}

// at reports whether one of the orders of a list was live at a clock reading, and whether one that was accepted by then
// has been filled.
func (c *causes) at(list []orderTime, at int64) (live, filled bool) {
	n, _ := slices.BinarySearchFunc(list, at+c.tolerance, func(t orderTime, at int64) int {
		if t.accepted <= at {
			return -1
		}
		return 1
	})
	if n == 0 {
		return false, false
	}
	t := &list[n-1]
	return t.ended >= at-c.tolerance, t.filled
}

// causes adds up why fills differ.
func (c *ModelComparison) causes() {
	for _, f := range c.Fills {
		if f.Cause == "" {
			continue
		}
		i := slices.IndexFunc(c.Causes, func(x Cause) bool { return x.Text == f.Cause })
		if i < 0 {
			i = len(c.Causes)
			c.Causes = append(c.Causes, Cause{Text: f.Cause})
		}
		c.Causes[i].Fills++
		c.Causes[i].Quantity += f.Quantity
	}
	slices.SortStableFunc(c.Causes, func(a, b Cause) int {
		switch {
		case a.Quantity > b.Quantity:
			return -1
		case a.Quantity < b.Quantity:
			return 1
		}
		return 0
	})
	if len(c.Causes) > 0 {
		c.LargestCause = c.Causes[0].Text
	}
}
