package order

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

const keptFlags = flagUsed | flagAcknowledged | flagVoided | flagFolded | flagUnbooked | flagGone | flagUncertain |
	flagInexact | flagForgotten

// walkOrders visits the orders: the terminal ones in the order in which they ended, then the others, oldest first.
func (m *Manager) walkOrders(c *codec) {
	t := &m.orders
	n := c.count(int(t.live.n+t.ended.n), len(t.entries), orderBytes)
	if c.load {
		for k := 0; k < n && c.err == nil; k++ {
			i := t.claim()
			t.ended.push(t.places, i)
			m.walkOrder(c, i)
			m.index[k] = i
		}
		m.loaded = n
		return
	}
	k := int32(0)
	for _, l := range [...]*list{&t.ended, &t.live} {
		for i := l.head; i != none; i = t.places[i].next {
			m.walkOrder(c, i)
			m.index[i] = k
			k++
		}
	}
}

func (m *Manager) walkOrder(c *codec, i int32) {
	e := &m.orders.entries[i]
	id, ref := e.Order.ID, e.Order.Reference
	c.u64(&id)
	c.u64(&ref)
	c.u64(&e.Order.Original)
	c.u32(&e.Order.Market)
	c.u32(&e.Order.Contract)
	small(c, &e.Order.Side, odds.Sell)
	priceOf(c, &e.Order.Price)
	small(c, &e.Order.Overlay, InDoubt|PendingCancel|PendingReduce|PendingReplace)
	c.bool(&e.Order.Foreign)
	typ, code := uint32(e.Order.Reason.Type), uint32(e.Order.Reason.Code)
	c.u32(&typ)
	c.u32(&code)
	e.Order.Reason = Reason{msg.PayloadType(typ), int32(code)}
	signed(c, &e.Order.Quantity, int64(2*QuantityMax))
	signed(c, &e.Order.Inherited, int64(QuantityMax))
	signed(c, &e.Order.Sent, math.MaxInt64)
	signed(c, &e.Order.Updated, math.MaxInt64)
	c.u64(&e.Order.Sequence)
	g, s := &e.figures, &e.stamps
	for _, v := range [...]*int64{&g.seen, &g.pending, &g.total, &g.available, &e.rare.voided} {
		signed(c, v, quantitySumMax)
	}
	for _, v := range [...]*int64{&g.seenCost, &g.pendingCost, &e.rare.totalCost, &e.rare.reserved} {
		signed(c, v, costSumMax)
	}
	signed(c, &e.rare.deadline, math.MaxInt64)
	signed(c, &e.rare.askQuantity, int64(QuantityMax))
	small(c, &e.rare.askPrice, moneyPerUnit)
	small(c, &e.requests.asks, 255)
	for _, v := range [...]*uint64{&s.total, &s.quantity, &s.open, &s.close, &e.rare.atReduced, &e.sent} {
		c.u64(v)
	}
	small(c, &e.rare.factor, moneyPerUnit-1)
	small(c, &e.rare.reduceType, 255)
	kept := e.flags & keptFlags
	small(c, &kept, keptFlags)
	small(c, &e.closed, statesEnd-1)
	small(c, &e.requests.cancels, 255)
	small(c, &e.requests.reduces, 255)
	small(c, &e.requests.replaces, 255)
	if c.load {
		c.check(e.Order.Quantity >= 0 && e.rare.reserved >= 0 && e.Order.Inherited >= 0 && e.rare.totalCost >= 0 &&
			e.rare.askQuantity >= 0, "an order has a negative figure")
		c.check(e.closed == 0 || e.closed.Terminal(), "an order ended in a state that is no end")
		c.check(id == 0 || m.orders.findID(id) == none, "an order comes twice")
		c.check(id != 0 || e.Order.Original == 0, "a replacement has no id")
		e.flags = flagUsed | kept&keptFlags
		if c.err == nil {
			if id != 0 {
				m.orders.setID(i, id)
			}
			m.orders.setRef(i, ref)
		}
	}
	m.walkFills(c, e)
}

// walkFills visits the fills of an order, newest first.
func (m *Manager) walkFills(c *codec, e *entry) {
	n := 0
	for i := e.links.fills; i != none; i = m.fills.list[i].next {
		n++
	}
	n = c.count(n, len(m.fills.list), 16)
	link := &e.links.fills
	for ; n > 0 && c.err == nil; n-- {
		if c.load {
			if *link = m.fills.free; *link == none {
				*link = none
				c.fail("more fills than there is room for")
				return
			}
			m.fills.free = m.fills.list[*link].next
			m.fills.list[*link] = fill{next: none}
		}
		f := &m.fills.list[*link]
		signed(c, &f.quantity, int64(QuantityMax))
		c.check(f.quantity >= 0, "a fill is negative")
		small(c, &f.price, uint16(odds.PriceMax))
		small(c, &f.kind, earlyVoid)
		link = &f.next
	}
}

// walkContractOrders visits the lists of orders by contract. Of an order that is read this books what it puts at stake.
func (m *Manager) walkContractOrders(c *codec) {
	t := &m.markets
	for at := range t.markets {
		for i := t.markets[at].contracts; t.markets[at].used && i != none && c.err == nil; i = t.contracts[i].next {
			if c.load {
				m.loadContractOrders(c, i)
				continue
			}
			k := &t.contracts[i]
			c.count(int(k.ended.n+k.live.n), 0, 0)
			for _, l := range [...]*list{&k.ended, &k.live} {
				for o := l.head; o != none; o = m.orders.inContract[o].next {
					at := uint32(m.index[o])
					c.u32(&at)
				}
			}
		}
	}
	if !c.load || c.err != nil {
		return
	}
	for k := range m.loaded {
		i := m.index[k]
		e := &m.orders.entries[i]
		c.check(e.links.contract != none || e.Order.Foreign || e.Order.Original != 0,
			"an order of ours is in no contract")
		if c.err == nil && e.links.contract == none {
			m.loadOrder(i) // books nothing
		}
		if e.listsLive() {
			m.orders.relist(i)
		}
		m.countDoubt(e)
	}
	for at := range t.contracts {
		m.relistContract(&t.contracts[at])
	}
}

// relistContract puts the live orders of a contract, which are among the ended ones as they are read, into the list of
// live ones, in the same order.
func (m *Manager) relistContract(k *contract) {
	for i := k.ended.head; i != none && k.ended.n > 0; {
		next := m.orders.inContract[i].next
		if e := &m.orders.entries[i]; e.is(flagListedLive) {
			k.ended.unlink(m.orders.inContract, i)
			k.live.push(m.orders.inContract, i)
			m.show(e)
			m.restake(e)
		}
		i = next
	}
}

func (m *Manager) loadContractOrders(c *codec, at int32) {
	k := &m.markets.contracts[at]
	marketID, id := m.markets.markets[k.market].id, k.id
	for n := c.count(0, m.loaded, 4); n > 0 && c.err == nil; n-- {
		var at uint32
		c.u32(&at)
		if c.check(at < uint32(m.loaded), "an order is out of range"); c.err != nil {
			return
		}
		i := m.index[at]
		e := &m.orders.entries[i]
		o := &e.Order
		if c.check(e.links.contract == none && o.Market == marketID && o.Contract == id && o.Side.Valid(),
			"an order is in the wrong contract"); c.err != nil {
			return
		}
		if !m.place(i, marketID, id) || !m.loadOrder(i) {
			c.fail("positions are too large")
		}
	}
}

// loadOrder derives what is not stored of an order, and books it. It returns false if that is too large.
func (m *Manager) loadOrder(i int32) bool {
	e := &m.orders.entries[i]
	updated, gone := e.Order.Updated, e.flags
	e.update(updated)
	e.flags |= gone & (flagGone | flagUncertain)
	if e.Order.State.Terminal() {
		e.flags &^= flagGone | flagUncertain
	}
	if e.Order.Missed != 0 {
		m.complete.missed++
	}
	if e.is(flagInexact) {
		m.complete.inexact++
	}
	if e.is(flagForgotten) {
		m.complete.unknown++
	}
	if e.links.contract == none {
		return true
	}
	b := e.bookOf(&m.markets.contracts[e.links.contract])
	if b.gross > grossMax-m.account.gross {
		return false
	}
	e.booked = b
	m.book(e.links.contract, &b)
	return true
}

// walkRequests visits the requests without an answer, oldest first.
func (m *Manager) walkRequests(c *codec) {
	t := &m.requests
	n := c.count(t.n, len(t.list), requestBytes)
	i := t.oldest
	for ; n > 0 && c.err == nil; n-- {
		var q request
		if !c.load {
			q = t.list[i]
			i = q.next
		}
		c.u64(&q.reference)
		c.u64(&q.seq)
		c.u64(&q.orderID)
		signed(c, &q.extra, costSumMax)
		signed(c, &q.sent, math.MaxInt64)
		typ := uint32(q.typ)
		c.u32(&typ)
		q.typ = msg.PayloadType(typ)
		c.u32(&q.market)
		c.bool(&q.doubt)
		c.bool(&q.counted)
		if !c.load {
			continue
		}
		switch q.typ {
		case msg.PayloadOrderCancel, msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelReplace,
			msg.PayloadOrderCancelAll:
		default:
			c.fail("a request has a type that is none")
		}
		c.check(q.extra >= 0 && q.extra <= grossMax-m.account.gross, "a request is too large")
		if c.err == nil {
			m.reserve(q.extra)
			t.add(q)
		}
	}
}

// walkGone visits the orders that were called not live.
func (m *Manager) walkGone(c *codec) {
	q := &m.gone
	n := c.count(q.n, len(q.list), 16)
	for k := range n {
		at := &q.list[(q.head+k)%len(q.list)]
		c.u64(&at.id)
		signed(c, &at.due, math.MaxInt64)
	}
	q.n = n
}
