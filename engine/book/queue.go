package book

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// Queue bounds the quantity that is ahead of an own order at its price, other own orders included.
//
// The bounds follow from the updates. What is executed at a price is executed from the front of its queue. What a
// level loses beyond its executions was cancelled or reduced, ahead or behind. What it gains joined behind, and
// what is known to be behind bounds the rest. While the level is outside of the window nothing is known but that
// nobody gets ahead.
//
// One thing is unseen: an order that is replaced at its own price goes to the back, and the level changes by the
// difference, or not at all. If others may do so, set Config.InPlaceReplaces; then Lower is 0.
type Queue struct {
	Lower odds.Quantity
	Upper odds.Quantity // odds.QuantityMax if nothing is known
}

// Exact reports whether the bounds are equal.
func (q Queue) Exact() bool { return q.Lower == q.Upper }

// Queue returns the bounds of what is ahead of an own order, and false if there is no such order. Of a pending order
// nothing is known.
func (b *Books) Queue(id uint64) (Queue, bool) {
	o := b.ownByID(id)
	if o == nil {
		return Queue{Upper: unknown}, false
	}
	if o.is(ownPending) {
		return Queue{Upper: unknown}, true
	}
	return Queue{Lower: o.lower, Upper: o.upper}, true
}

// trusted reports whether a contract's visible levels are what the exchange shows.
func (b *Books) trusted(c *contract) bool {
	m := &b.market[c.slot]
	return m.is(flagBase) && (m.causes|b.causes)&(mended|Gap) == 0
}

// findLevel finds an order's level.
func (b *Books) findLevel(o *own) {
	o.flags &^= ownVisible
	o.total = 0
	if c := &b.contract[o.contract]; !b.trusted(c) {
		c.flags &^= contractFollowed << o.side
		return
	}
	for _, w := range b.side(o.contract, int(o.side)) {
		if keyWord(w) <= uint32(o.key) {
			if keyWord(w) == uint32(o.key) {
				o.flags |= ownVisible
				o.total = odds.Quantity(w & quantityMask)
			}
			return
		}
	}
}

// relevel finds the levels of a contract's own orders after something else than an update.
func (b *Books) relevel(i int32) {
	c := &b.contract[i]
	if c.orders == 0 {
		return
	}
	for _, first := range c.own {
		for at := first; at != none; at = b.order[at].next {
			o := &b.order[at]
			b.findLevel(o)
			o.lower, o.behind = 0, unknown
			if !o.is(ownPending) {
				continue
			}
			o.flags &^= ownJoined
			if o.is(ownVisible) { // it may have arrived meanwhile
				o.join(0, o.total)
			}
		}
	}
}

// updateQueues follows an update that has been applied to a contract with own orders on a side. quotes are its levels
// there.
func (b *Books) updateQueues(c *contract, i int32, side int, quotes []msg.Quote, executions []msg.Execution) {
	trusted, followed := b.trusted(c), contractFollowed<<side
	first, words := c.own[side], b.side(i, side)
	if !trusted || c.flags&followed == 0 || b.concerns(first, side, words, quotes, executions) {
		if c.flags |= followed; !trusted {
			c.flags &^= followed
		}
		b.followSide(first, side, words, trusted, executions)
	}
}

// concerns reports whether an update may have changed what is known of the own orders of a side, the first of which is
// given, if that was known before: one is at a level that the update names, or was pushed out of the window.
func (b *Books) concerns(
	first int32, side int, words []uint64, quotes []msg.Quote, executions []msg.Execution,
) bool {
	lowest, named := uint32(0), uint32(0)
	if len(words) > 0 {
		lowest = keyWord(words[len(words)-1])
	}
	if len(quotes) > 0 {
		named = keyOf(side, quotes[0].GetPrice())
	}
	for at := first; at != none; at = b.order[at].next {
		if o := &b.order[at]; uint32(o.key) == named || uint32(o.key) < lowest && o.is(ownVisible) {
			return true
		}
	}
	for k := 1; k < len(quotes); k++ {
		if b.ownAt(first, keyOf(side, quotes[k].GetPrice())) {
			return true
		}
	}
	for k := range executions {
		e := &executions[k]
		if key := keyOf(side, e.GetPrice()); key != named && sideOf(e) == side && b.ownAt(first, key) {
			return true
		}
	}
	return false
}

// ownAt reports whether one of the own orders of a side has a key.
func (b *Books) ownAt(first int32, key uint32) bool {
	at := first
	for at != none && uint32(b.order[at].key) > key {
		at = b.order[at].next
	}
	return at != none && uint32(b.order[at].key) == key
}

// followSide moves the bounds of the own orders of a side after an update.
func (b *Books) followSide(first int32, side int, words []uint64, trusted bool, executions []msg.Execution) {
	var opposite odds.Quantity // executed on the other side
	for k := range executions {
		if sideOf(&executions[k]) == 1-side {
			opposite += odds.Quantity(executions[k].GetQuantity())
		}
	}
	k := 0
	for at := first; at != none; at = b.order[at].next {
		o := &b.order[at]
		for k < len(words) && keyWord(words[k]) > uint32(o.key) {
			k++
		}
		var total odds.Quantity
		visible := trusted && k < len(words) && keyWord(words[k]) == uint32(o.key)
		if visible {
			total = odds.Quantity(words[k] & quantityMask)
		}
		b.follow(o, total, visible, executedAt(o, executions), opposite)
	}
}

// sideOf returns the side of the resting order of an execution, as an index.
func sideOf(e *msg.Execution) int { return int(e.GetLiquidity() - msg.SideBuy) }

// executedAt returns how much was executed at the level of an order.
func executedAt(o *own, executions []msg.Execution) odds.Quantity {
	var sum odds.Quantity
	for k := range executions {
		e := &executions[k]
		if sideOf(e) == int(o.side) && keyOf(int(o.side), e.GetPrice()) == uint32(o.key) {
			sum = min(sum+odds.Quantity(e.GetQuantity()), unknown)
		}
	}
	return sum
}

// follow moves the bounds of an order from its level's total before an update to the one after it, with what was
// executed at the level, and on the other side.
func (b *Books) follow(o *own, total odds.Quantity, visible bool, executed, opposite odds.Quantity) {
	was, before := o.is(ownVisible), o.total
	o.total = total
	o.flags &^= ownVisible
	if visible {
		o.flags |= ownVisible
	}
	if total == before && visible == was && executed == 0 {
		return
	}
	o.lower = max(o.lower-executed, 0)
	if o.upper != unknown {
		o.upper = max(o.upper-executed, 0)
	}
	gain := total - before + executed
	switch {
	case !visible || !was:
		o.lower, o.behind = 0, unknown
	case gain > 0:
		o.behind = min(o.behind+gain, unknown)
	default:
		o.lower = max(o.lower+gain, 0)
	}
	if o.is(ownPending) {
		switch rest := o.open - opposite; {
		case visible && !was: // it may have arrived now or before
			marks.Hit(marks.QueueMayHaveJoined)
			o.join(0, max(total-max(rest, 0), 0))
		case visible && executed == 0 && gain > 0 && gain == rest:
			marks.Hit(marks.QueueJoined)
			o.join(before, before)
		}
		return
	}
	b.tighten(o)
}

// join considers that a pending order may have arrived, behind a quantity between two bounds.
func (o *own) join(lower, upper odds.Quantity) {
	if o.is(ownJoined) { // it may have arrived before
		marks.Hit(marks.QueueJoinedTwice)
		o.lower, o.upper = min(o.lower, lower), max(o.upper, upper)
		return
	}
	o.flags |= ownJoined
	o.lower, o.upper, o.behind = lower, upper, 0
	if lower != upper {
		o.behind = unknown
	}
}

// tighten uses what the level's total says of a live order. Should some of it have been filled that is counted as open,
// then nothing is ahead of it.
func (b *Books) tighten(o *own) {
	if o.is(ownVisible) && !o.is(ownReducing) {
		others := max(o.total-o.open, 0)
		o.upper = min(o.upper, others)
		o.behind = min(o.behind, max(others-o.lower, 0))
	}
	b.lift(o)
}

// lift raises the lower bound to what can not be behind. The open quantity is at most what is known.
func (b *Books) lift(o *own) {
	if o.is(ownVisible) && o.behind != unknown {
		o.lower = max(o.lower, o.total-o.open-o.behind)
	}
	if o.lower > o.upper || b.config.InPlaceReplaces {
		marks.Hit(marks.QueueContradicts)
		o.lower = 0
	}
}
