package exchange

import "fmt"

// Audit checks the invariants of the exchange: cash is neither created nor lost, no account is
// negative, reserves equal what orders and fills require, positions sum to zero, books are sorted and
// not crossed. It returns the first violation, "" if there is none. It is slow.
func (x *Exchange) Audit() string {
	var cash, start Money
	for _, a := range x.accounts {
		cash += a.cash
		start += a.config.Balance
		if a.available() < 0 || a.cash < 0 {
			return fmt.Sprintf("%s has %v, of that available %v", a.config.Username, a.cash, a.available())
		}
		var resting, matched Money
		n := 0
		for o := a.liveHead; o != nil; o = o.liveNext {
			resting += o.liability()
			n++
			if o.executed+o.available > o.quantity || o.available == 0 {
				return fmt.Sprintf("order %d: %d executed, %d available of %d", o.id, o.executed, o.available,
					o.quantity)
			}
		}
		for _, m := range x.markets {
			matched -= m.worstCase(a)
		}
		if p := provisionalReserve(x, a); p != a.pending {
			return fmt.Sprintf("%s reserves %v for what is provisional, counted %v", a.config.Username, a.pending, p)
		}
		if resting != a.resting || matched != a.matched || n != a.live {
			return fmt.Sprintf("%s reserves %v and %v for %d orders, counted %v and %v for %d",
				a.config.Username, a.resting, a.matched, a.live, resting, matched, n)
		}
	}
	if cash != start {
		return fmt.Sprintf("cash is %v, it was %v at the start", cash, start)
	}
	for _, m := range x.markets {
		for _, c := range m.contracts {
			var net int64
			var flow Money
			for _, p := range c.positions {
				if p != nil {
					net += p.net
					flow += p.flow
				}
			}
			if net != 0 || flow != 0 {
				return fmt.Sprintf("positions add up to %d and %v", net, flow)
			}
			if d := auditContract(c); d != "" {
				return d
			}
			if bid, offer := c.sides[buy].best(), c.sides[sell].best(); bid > 0 && offer > 0 && bid+offer >= PriceSum {
				return "the book is crossed"
			}
		}
	}
	return x.auditReferences()
}

// auditReferences checks that every order counts what refers to it: fills that are provisional or may be
// reduced, and replacements between their stages.
func (x *Exchange) auditReferences() string {
	references := make(map[*order]int32)
	held := 0
	for _, m := range x.markets {
		held += m.provisional.len()
		for _, q := range []*fillQueue{&m.provisional, &m.final} {
			for _, t := range q.list[q.head:] {
				references[t.taker]++
				references[t.maker]++
			}
		}
	}
	for _, r := range x.replaces.list[x.replaces.head:] {
		references[r.orig]++
		references[r.next]++
	}
	if held != x.provisional {
		return fmt.Sprintf("%d fills are provisional, counted %d", held, x.provisional)
	}
	for i := range x.orders.used {
		if o := &x.orders.chunks[i/orderChunk][i%orderChunk]; o.references != references[o] {
			return fmt.Sprintf("order %d is kept for %d, %d refer to it", o.id, o.references, references[o])
		}
	}
	return ""
}

// auditContract checks that levels equal the sum of their orders, and that a settled or voided contract
// has neither orders nor positions.
func auditContract(c *contract) string {
	for side := range c.sides {
		book := &c.sides[side]
		for key := book.best(); key > 0; key = book.below(key) {
			var sum uint64
			for o := book.head(key); o != nil; o = o.next {
				sum += o.available
				if o.state != OrderLive || o.key() != key || c.settled {
					return fmt.Sprintf("order %d, %v at %d, is on the book", o.id, o.state, o.price)
				}
			}
			if sum != book.quantity(key) {
				return fmt.Sprintf("level %d holds %d, its orders %d", key, book.quantity(key), sum)
			}
		}
	}
	if !c.settled {
		return ""
	}
	for _, p := range c.positions {
		if p != nil && *p != (position{}) {
			return fmt.Sprintf("contract %d is %v and has the position %+v", c.id, c.state, *p)
		}
	}
	for _, t := range c.market.provisional.list[c.market.provisional.head:] {
		if t.taker.contract == c {
			return fmt.Sprintf("contract %d is %v and has a provisional fill", c.id, c.state)
		}
	}
	return ""
}

// provisionalReserve recomputes what an account reserves for provisional fills and replacements.
func provisionalReserve(x *Exchange, a *account) Money {
	var sum Money
	for _, m := range x.markets {
		for _, t := range m.provisional.list[m.provisional.head:] {
			for _, o := range []*order{t.taker, t.maker} {
				if o.account == a {
					sum += Liability(sideOf(int(o.side)), t.quantity, t.price)
				}
			}
		}
	}
	for _, r := range x.replaces.list[x.replaces.head:] {
		if r.orig.account == a {
			sum += r.reserved
		}
	}
	return sum
}
