package quote

import (
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// plan is what is found out about one side of a contract.
type plan struct {
	orders  [candidatesMax]int32
	match   [LevelsMax]int8 // the order that serves a level, by its place in orders, or -1
	changes [LevelsMax][candidatesMax]change
	blocked [LevelsMax]bool // a level where nothing can be created now
	costs   costs

	levels []Level
	n      int   // orders
	extra  int   // orders beyond that
	count  int   // of the quoter's orders that may be on the book, a replace counting once
	wake   int64 // when something changes by itself
	barred bool  // no creates, and no replaces: what does not fit is cancelled
}

// change is what brings an order to a level.
type change uint8

const (
	keep         change = iota // nothing
	reduce                     // a reduce
	replace                    // a replace
	reduceLater                // a reduce, when what is in flight or backed off has ended
	replaceLater               // a replace, when that has ended and nothing would be crossed
	impossible                 // only a cancel and a create
)

// planSide finds out what one side of a contract needs, which is quoted or not.
func (q *Quoter) planSide(slot int32, s int, quoted bool) *plan {
	q.stats.Planned++
	p := &q.plans[s]
	c := &q.contracts[slot]
	side := &c.sides[s]
	p.levels, p.n, p.extra, p.count, p.wake = nil, 0, 0, 0, never
	if quoted {
		p.levels = q.wish(slot, s)
	}
	barredUntil := max(side.retryAt, side.gaveUpUntil)
	if p.barred = barredUntil > q.now; p.barred {
		marks.Hit(marks.QuoteBarred)
		p.wake = barredUntil
	}
	doubt := q.gather(p, side, s)
	p.barred = p.barred || doubt
	paused := side.pausedUntil > q.now
	if paused && quoted {
		marks.Hit(marks.QuotePaused)
		p.wake = min(p.wake, side.pausedUntil)
	}
	if len(p.levels) == 0 {
		return p
	}
	var wishBar odds.Price
	if other := q.wish(slot, 1-s); len(other) > 0 {
		wishBar = other[0].Price
	}
	if p.n == len(p.levels) && q.matchKept(p, c, s, wishBar) {
		return p
	}
	bar := q.bar(slot, s)
	for w := range p.levels {
		crossed := crosses(s, p.levels[w].Price, bar)
		if p.blocked[w] = p.barred || paused || crossed; crossed {
			marks.Hit(marks.QuoteSelfCross)
			q.listInTheWay(slot, s, p.levels[w].Price)
		}
	}
	q.match(p, c, s, wishBar)
	return p
}

// gather collects the quoter's orders of a side that can serve a level or be cancelled. It reports whether any
// order, the quoter's or not, is in doubt. Those collected are sorted, the best first.
func (q *Quoter) gather(p *plan, side *side, s int) (doubt bool) {
	for i := side.first; i != none; i = q.orders[i].next {
		e := &q.orders[i]
		if !e.managed || e.state.ended() || e.offBook {
			continue
		}
		doubt = doubt || e.state == InDoubt
		leaving := e.state == PendingCancel || e.state == PendingReplace || e.offered == Cancel || e.offered == Replace
		if e.other == none || e.second {
			p.count++
		}
		switch {
		case leaving, e.state == InDoubt:
		case p.n < candidatesMax:
			at := p.n
			for ; at > 0 && better(s, e.price, q.orders[p.orders[at-1]].price); at-- {
				p.orders[at] = p.orders[at-1]
			}
			p.orders[at] = i
			p.n++
		default:
			p.extra++
			marks.Hit(marks.QuoteExtra)
		}
		if !leaving && e.retryAt > q.now {
			p.wake = min(p.wake, e.retryAt)
		}
	}
	return doubt
}

// bar returns the best price among all own orders of the other side, 0 if there are none. What is at it or beyond
// would cross.
func (q *Quoter) bar(slot int32, s int) (bar odds.Price) {
	for i := q.contracts[slot].sides[1-s].first; i != none; i = q.orders[i].next {
		if e := &q.orders[i]; !e.state.ended() && !e.offBook && (bar == 0 || better(1-s, e.price, bar)) {
			bar = e.price
		}
	}
	return bar
}

// listInTheWay lists distrusted orders of others that an order of side s at a price would match.
func (q *Quoter) listInTheWay(slot int32, s int, p odds.Price) {
	for i := q.contracts[slot].sides[1-s].first; i != none; i = q.orders[i].next {
		if e := &q.orders[i]; e.distrusted && !e.managed && !e.inTheWay && crosses(s, p, e.price) {
			e.inTheWay = true
			marks.Hit(marks.QuoteInTheWay)
			q.follow(i, true)
		}
	}
}

// Best returns the best price of all own orders of a side, those in flight and in doubt included, 0 if there is none.
func (q *Quoter) Best(id Contract, s odds.Side) odds.Price {
	if slot := q.byContract.find(id.tableKey()); slot != none {
		return q.bar(slot, 1-int(sideIndex(s)))
	}
	return 0
}

// crosses reports whether an order of side s at a price would match one of the other side at bar, if there is one.
func crosses(s int, p, bar odds.Price) bool { return bar != 0 && (p == bar || better(s, p, bar)) }

// match finds out which order serves which level, and how. bar is the best price of the other side's wish.
func (q *Quoter) match(p *plan, c *contract, s int, bar odds.Price) {
	m, n := len(p.levels), p.n
	replaces := 0
	for w := range m {
		for j := range n {
			p.changes[w][j] = q.change(p, c, &q.orders[p.orders[j]], s, bar, w)
			if p.changes[w][j] == replace {
				replaces++
			}
		}
	}
	switch {
	case m == n && replaces == m*n || m == 1 && n == 1 && p.changes[0][0] != impossible:
		for w := range m {
			p.match[w] = int8(w)
		}
	case q.matchExact(p, m, n):
	default:
		q.price(p, m, n)
		marks.Hit(marks.QuoteAssigned)
		assign(&p.costs, m, n, &p.match)
	}
}

// matchKept matches the best order with the best level and so on, and reports whether they all fit. Both are sorted,
// so no other choice moves orders less.
func (q *Quoter) matchKept(p *plan, c *contract, s int, bar odds.Price) bool {
	for w := range p.levels {
		if q.change(p, c, &q.orders[p.orders[w]], s, bar, w) != keep {
			return false
		}
		p.match[w], p.changes[w][w] = int8(w), keep
	}
	return true
}

// change returns what brings an order to a level.
func (q *Quoter) change(p *plan, c *contract, e *order, s int, bar odds.Price, w int) change {
	level := p.levels[w]
	open := e.open
	if e.state == PendingReduce || e.offered == Reduce {
		open = e.reduced
	}
	near := distance(e.price, level.Price) <= c.tolerance.Price && !crosses(s, e.price, bar)
	off := open - level.Size
	switch {
	case e.distrusted:
		marks.Hit(marks.QuoteDistrustedReplaced)
		return impossible
	case near && max(off, -off) <= c.tolerance.Size:
		return keep
	case e.failed >= failedMax:
		marks.Hit(marks.QuoteFailedTooOften)
		return impossible
	case near && off > 0:
		if !q.resolved(e) {
			marks.Hit(marks.QuoteReduceLater)
			return reduceLater
		}
		marks.Hit(marks.QuoteReduces)
		return reduce
	case q.config.DisableReplace || p.barred:
		return impossible
	case !q.resolved(e) || p.blocked[w]:
		marks.Hit(marks.QuoteReplaceLater)
		return replaceLater
	}
	return replace
}

// failedMax is after how many refused reduces and replaces an order is only cancelled.
const failedMax = 2

// resolved reports whether nothing about an order is in flight or backed off.
func (q *Quoter) resolved(e *order) bool {
	return e.state == Live && e.offered == 0 && e.other == none && e.retryAt <= q.now && !e.gone && !e.cleared
}

// cancellable reports whether a cancel of an order can be sent now. A reduce in flight does not matter.
func (q *Quoter) cancellable(e *order) bool {
	return (e.state == Live || e.state == PendingReduce) && e.offered == 0 && e.retryAt <= q.now && !e.gone
}

func distance(a, b odds.Price) odds.Price { return max(a, b) - min(a, b) }

// matchExact matches orders with levels that they fit at the very price. It reports whether that serves all levels or
// uses all orders: then no other choice costs less.
func (q *Quoter) matchExact(p *plan, m, n int) bool {
	matched := 0
	for w := range m {
		p.match[w] = -1
		for j := range n {
			if p.changes[w][j] == keep && q.orders[p.orders[j]].price == p.levels[w].Price {
				p.match[w] = int8(j)
				matched++
				break
			}
		}
	}
	return matched == min(m, n)
}

// price fills in the costs.
func (q *Quoter) price(p *plan, m, n int) {
	for w := range m {
		for j := range n {
			e := &q.orders[p.orders[j]]
			away := int64(distance(e.price, p.levels[w].Price))
			cost := costDeviation * away
			switch p.changes[w][j] {
			case reduce:
				cost += costMessage
			case replace:
				cost = costMessage + costPlace + costDistance*away
			case reduceLater:
				cost += costMessage + costWait
			case replaceLater:
				cost = costMessage + costPlace + costDistance*away + costWait
			case impossible:
				cost = costNever
			}
			if cost != costNever {
				cost -= costMessage + costPlace // of the cancel
				if !q.cancellable(e) {
					cost -= costWait
				}
			}
			p.costs[w][j] = cost
		}
		p.costs[w][n] = costMessage
		if p.blocked[w] {
			p.costs[w][n] += costWait
		}
	}
}
