package exchange

import (
	"math"

	"github.com/smk-go/smk/sim/internal/codec"
)

// slotUse says what an order's slot is used for.
type slotUse uint8

const (
	slotFree    slotUse = iota
	slotLive            // the order is live, and on the book
	slotEnded           // it has ended and is kept
	slotPending         // it waits for the second stage of a replace
	slotListed          // while reading: the order is in the list that its use asks for
)

// orderCoder codes orders and what refers to them.
type orderCoder struct {
	*codec.Coder
	x    *Exchange
	uses []slotUse // by slot
}

func (c *orderCoder) code() {
	t := &c.x.orders
	codec.Uint(c.Coder, &t.serial, math.MaxUint64>>orderIndexBits)
	used := codec.Count(c.Coder, t.used, t.max)
	if !c.Reading() {
		c.findUses()
	}
	for i := range used {
		if c.Reading() {
			if t.used%orderChunk == 0 {
				t.chunks = append(t.chunks, make([]order, orderChunk))
			}
			t.used++
			c.uses = append(c.uses, slotFree)
		}
		c.codeOrder(i)
		if c.Failed() {
			return
		}
	}
	c.codeFree()
	c.codeList(slotEnded, t.ended.head, func(o *order) *order { return o.next }, t.ended.push)
	for _, a := range c.x.accounts {
		c.codeList(slotLive, a.liveHead, func(o *order) *order { return o.liveNext }, func(o *order) {
			if o.account != a {
				c.Fail("order %d is live of another account", o.id)
				return
			}
			a.addLive(o)
		})
	}
	for _, m := range c.x.markets {
		for _, ct := range m.contracts {
			c.codeBook(ct)
		}
		c.codeFills(m, &m.provisional)
		c.codeFills(m, &m.final)
		if c.Reading() {
			c.x.provisional += m.provisional.len()
		}
		if m.final.len() > 0 && !m.config.NonRunners {
			c.Fail("market %d keeps fills for a reduction", m.id)
		}
	}
	c.codeReplaces()
	c.checkListed()
}

func (c *orderCoder) at(i int) *order { return &c.x.orders.chunks[i/orderChunk][i%orderChunk] }

// findUses finds out what the slots are used for, for writing.
func (c *orderCoder) findUses() {
	t := &c.x.orders
	c.uses = make([]slotUse, t.used)
	for o := t.ended.head; o != nil; o = o.next {
		c.uses[o.index] = slotEnded
	}
	for _, r := range c.x.replaces.list[c.x.replaces.head:] {
		c.uses[r.next.index] = slotPending
	}
	for _, a := range c.x.accounts {
		for o := a.liveHead; o != nil; o = o.liveNext {
			c.uses[o.index] = slotLive
		}
	}
}

// codeOrder codes the order of a slot.
func (c *orderCoder) codeOrder(i int) {
	x, o := c.x, c.at(i)
	codec.Uint(c.Coder, &c.uses[i], uint64(slotPending))
	if c.Reading() {
		o.index = uint32(i)
	}
	if c.Failed() || c.uses[i] == slotFree {
		return
	}
	serial := o.id >> orderIndexBits
	codec.Uint(c.Coder, &serial, x.orders.serial)
	codec.Uint(c.Coder, &o.reference, math.MaxUint64)
	codec.Bool(c.Coder, &o.hasReference)
	codec.Uint(c.Coder, &o.quantity, quantityMaxMax)
	codec.Uint(c.Coder, &o.executed, quantityMaxMax)
	codec.Uint(c.Coder, &o.available, quantityMaxMax)
	codec.Uint(c.Coder, &o.cost, quantityMaxMax*PriceSum)
	label := o.label
	codec.String(c.Coder, &label, labelMax)
	codec.Uint(c.Coder, &o.price, PriceMax)
	codec.Uint(c.Coder, &o.side, sell)
	codec.Int(c.Coder, &o.tif, 0, math.MaxInt8)
	codec.Uint(c.Coder, &o.state, uint64(OrderVoided))
	var account, market, contract int
	if !c.Reading() {
		account, market, contract = o.account.index, o.contract.market.index, o.contract.index
	}
	codec.Int(c.Coder, &account, 0, int64(len(x.accounts)-1))
	codec.Int(c.Coder, &market, 0, int64(len(x.markets)-1))
	if c.Failed() {
		return
	}
	codec.Int(c.Coder, &contract, 0, int64(len(x.markets[market].contracts)-1))
	if c.Failed() || !c.Reading() {
		return
	}
	o.id = serial<<orderIndexBits | uint64(i)
	o.label = x.intern([]byte(label))
	o.account, o.contract = x.accounts[account], x.markets[market].contracts[contract]
	p := o.contract.ensurePosition(o.account)
	live := c.uses[i] == slotLive
	if live {
		p.live[o.side]++
	}
	if serial == 0 || o.price == 0 || live != (o.state == OrderLive) || live != (o.available > 0) ||
		live && o.executed+o.available > o.quantity {
		c.Fail("order %d is %v with %d available of %d at %d", o.id, o.state, o.available, o.quantity, o.price)
	}
}

// codeFree codes the list of free slots, whose order decides about the next ids.
func (c *orderCoder) codeFree() {
	t := &c.x.orders
	var last *order
	c.codeList(slotFree, t.free, func(o *order) *order { return o.next }, func(o *order) {
		if last == nil {
			t.free = o
		} else {
			last.next = o
		}
		last = o
	})
}

// codeList codes a list of orders of one use, each of which is in one list of that kind.
func (c *orderCoder) codeList(use slotUse, head *order, next func(*order) *order, push func(*order)) {
	var list []*order
	for o := head; o != nil; o = next(o) {
		list = append(list, o)
	}
	c.codeOrders(list, "in a list of another use, or twice in one", func(o *order) bool {
		return c.uses[o.index] == use
	}, push)
}

// codeOrders codes a list of orders. Those that are read and do not belong to it, or are in one already, are an error.
func (c *orderCoder) codeOrders(list []*order, otherwise string, belongs func(*order) bool, push func(*order)) {
	for i := range codec.Count(c.Coder, len(list), len(c.uses)) {
		var o *order
		if !c.Reading() {
			o = list[i]
		}
		c.codeSlot(&o)
		if c.Failed() {
			return
		}
		if !c.Reading() {
			continue
		}
		if !belongs(o) {
			c.Fail("slot %d, order %d, is %s", o.index, o.id, otherwise)
			return
		}
		c.uses[o.index] += slotListed
		push(o)
	}
}

// codeSlot codes a reference to an order.
func (c *orderCoder) codeSlot(o **order) {
	var i int
	if !c.Reading() {
		i = int((*o).index)
	}
	codec.Int(c.Coder, &i, 0, int64(len(c.uses)-1))
	if c.Reading() && !c.Failed() {
		*o = c.at(i)
	}
}

// codeBook codes the queues of a contract's levels, best first.
func (c *orderCoder) codeBook(ct *contract) {
	for side := range ct.sides {
		book := &ct.sides[side]
		var list []*order
		for key := book.best(); key > 0; key = book.below(key) {
			for o := book.head(key); o != nil; o = o.next {
				list = append(list, o)
			}
		}
		c.codeOrders(list, "on a book that is not its own, or twice", func(o *order) bool {
			return c.uses[o.index] == slotLive+slotListed && o.contract == ct && int(o.side) == side
		}, func(o *order) { book.push(o.key(), o) })
		if c.Failed() {
			return
		}
	}
}

// codeFills codes a market's fills that are provisional, or may be reduced.
func (c *orderCoder) codeFills(m *market, q *fillQueue) {
	old := q.list[q.head:]
	for i := range codec.Count(c.Coder, len(old), finalMax) {
		var f fillRecord
		if !c.Reading() {
			f = old[i]
		}
		c.codeSlot(&f.taker)
		c.codeSlot(&f.maker)
		codec.Uint(c.Coder, &f.quantity, quantityMaxMax)
		codec.Uint(c.Coder, &f.price, PriceMax)
		codec.Int(c.Coder, &f.due, 0, math.MaxInt64)
		if c.Failed() {
			return
		}
		if !c.Reading() {
			continue
		}
		for _, o := range [2]*order{f.taker, f.maker} {
			if o.id == 0 || o.contract.market != m || o.contract != f.taker.contract {
				c.Fail("a fill of another market, or of no order")
				return
			}
		}
		if f.taker.side == f.maker.side || f.price == 0 && f.quantity > 0 || q.len() > 0 && q == &m.provisional &&
			q.list[len(q.list)-1].due > f.due {
			c.Fail("a fill of two orders of one side, without a price, or out of order")
			return
		}
		q.push(f)
	}
}

// codeReplaces codes the replaces between their stages. Who asked for them is gone.
func (c *orderCoder) codeReplaces() {
	q := &c.x.replaces
	old := q.list[q.head:]
	for i := range codec.Count(c.Coder, len(old), replacesMax) {
		var r replacement
		if !c.Reading() {
			r = old[i]
		}
		c.codeSlot(&r.orig)
		c.codeSlot(&r.next)
		codec.Uint(c.Coder, &r.total, quantityMaxMax)
		codec.Uint(c.Coder, &r.ordered, quantityMaxMax)
		codec.Int(c.Coder, &r.reserved, 0, cashMax)
		codec.Int(c.Coder, &r.due, 0, math.MaxInt64)
		if c.Failed() {
			return
		}
		if !c.Reading() {
			continue
		}
		o, n := r.orig, r.next
		if o.id == 0 || o.replacing || c.uses[n.index] != slotPending || n.account != o.account ||
			n.contract != o.contract || n.side != o.side ||
			len(q.list) > 0 && q.list[len(q.list)-1].due > r.due {
			c.Fail("a replace of order %d by %d that cannot be", o.id, n.id)
			return
		}
		c.uses[n.index] += slotListed
		o.replacing = true
		o.references++
		n.references++
		q.list = append(q.list, r)
	}
}

// checkListed checks that every slot is in the lists that its use asks for, and that no order's fills exceed what it
// has executed.
func (c *orderCoder) checkListed() {
	if !c.Reading() || c.Failed() {
		return
	}
	for i, use := range c.uses {
		switch use {
		case slotFree + slotListed, slotEnded + slotListed, slotPending + slotListed, slotLive + 2*slotListed:
		default:
			c.Fail("slot %d is in no list", i)
			return
		}
	}
	sums := make([]filled, len(c.uses))
	for _, m := range c.x.markets {
		for _, q := range [2]*fillQueue{&m.provisional, &m.final} {
			for _, f := range q.list[q.head:] {
				for _, o := range [2]*order{f.taker, f.maker} {
					sum := &sums[o.index]
					sum.executed += f.quantity
					sum.cost += f.quantity * uint64(f.price)
					if sum.executed > o.executed || sum.cost > o.cost {
						c.Fail("order %d has executed %d, its fills are more", o.id, o.executed)
						return
					}
				}
			}
		}
	}
}
