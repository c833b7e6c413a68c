package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// commitAsk is commit for an order that the fast path may change and a replace of which was sent. It returns false,
// and has changed nothing, for any other.
func (m *Manager) commitAsk(e *entry) bool {
	if e.flags&^flagFolded != plainLive {
		return false
	}
	extra := e.replaceReserve(odds.Quantity(e.rare.askQuantity), e.rare.askPrice)
	d := extra - e.booked.askedRisk
	if d > grossMax-m.account.gross {
		return false
	}
	e.Order.Overlay |= PendingReplace
	e.Order.Updated = m.now
	c := &m.markets.contracts[e.links.contract]
	e.booked.askedRisk = extra
	e.booked.gross += d
	c.booked.askedRisk += d
	c.booked.gross += d
	m.markets.markets[c.market].askedRisk += d
	m.account.asked += d
	m.account.gross += d
	m.show(e)
	return true
}

// fastReplacePending is replacePending for the only replace of a live order, which a request of ours asked for.
func (m *Manager) fastReplacePending(x *msg.OrderPendingReplace, in *Input) bool {
	sequence, quantity, price := in.AccountSequence, x.GetQuantity(), x.GetPrice()
	if sequence == 0 {
		sequence = x.GetAccountSequence_64()
	}
	id, orig, reference, stamp := x.GetOrderId(), x.GetOrigOrderId(), x.GetReference(), m.next(sequence)
	if stamp == 0 || id == 0 || orig == 0 || id == orig || reference == 0 || quantity-1 >= uint64(QuantityMax) ||
		price-1 >= uint32(odds.PriceMax) || m.orders.free == none && m.orders.ended.n == 0 {
		return false
	}
	request, ok := m.plainRequest(reference, in.RequestSeq, msg.PayloadOrderCancelReplace, orig)
	parent := m.orders.findID(orig)
	if !ok || request == none || parent == none || m.orders.findID(id) != none {
		return false
	}
	o, q := &m.orders.entries[parent], &m.requests.list[request]
	if o.flags&^flagFolded != plainLive || o.requests.asks != 1 || o.requests.replaces-1 >= 254 || q.extra != 0 ||
		o.Order.Market != x.GetMarketId() || o.Order.Contract != x.GetContractId() || o.Order.Market == 0 ||
		uint32(o.Order.Side) != uint32(x.GetSide()) || !x.HasSide() {
		return false
	}
	c := &m.markets.contracts[o.links.contract]
	extra := o.replaceReserve(odds.Quantity(quantity), odds.Price(price))
	if c.closed || extra > grossMax-m.account.gross {
		return false
	}
	m.note(msg.PayloadOrderPendingReplace, sequence, stamp, id)
	reserved := m.account.reserved()
	asked := o.booked.askedRisk
	o.booked.askedRisk = 0
	o.booked.gross -= asked
	o.requests.asks, o.rare.askQuantity, o.rare.askPrice = 0, 0, 0
	m.show(o)
	o.Order.Sequence, o.Order.Updated = stamp, m.now

	i := m.claimLive()
	e := &m.orders.entries[i]
	n := &e.Order
	n.Original, n.Market, n.Contract, n.Side = orig, o.Order.Market, o.Order.Contract, o.Order.Side
	n.Price, n.Quantity, n.Sent, e.sent = odds.Price(price), odds.Quantity(quantity), q.sent, q.seq
	n.State, n.Sequence, n.Updated = PendingNew, stamp, m.now
	m.requests.remove(request)
	m.orders.setID(i, id)
	m.orders.setRef(i, reference)
	m.placeIn(i, o.links.contract)
	m.restake(e)
	e.rare.reserved, e.booked.extra, e.booked.gross = extra, extra, extra

	k := &m.markets.markets[c.market]
	c.booked.askedRisk -= asked
	c.booked.extra += extra
	c.booked.gross += extra - asked
	k.askedRisk -= asked
	k.extra += extra
	m.account.asked -= asked
	m.account.extra += extra
	m.account.gross += extra - asked
	m.about(ReplacePending, e).Other = orig
	marks.Hit(marks.FastReplacePending)
	m.applyAmounts(0, 0, 0, stamp, reserved)
	return true
}

// fastReplaced is replaced for a new order of which only the first stage was seen, and a live original.
func (m *Manager) fastReplaced(x *msg.OrderCancelReplaceAccepted, in *Input) bool {
	sequence, quantity, price := in.AccountSequence, x.GetQuantity(), x.GetPrice()
	if sequence == 0 {
		sequence = x.GetAccountSequence_64()
	}
	id, orig, left, stamp := x.GetOrderId(), x.GetOrigOrderId(), x.GetQuantityLeft(), m.next(sequence)
	if stamp == 0 || orig == 0 || left-1 >= uint64(QuantityMax) || quantity-1 >= uint64(QuantityMax) ||
		price-1 >= uint32(odds.PriceMax) || !usualSide(x.GetSide()) {
		return false
	}
	parent, o, c := m.plainOrder(orig)
	i := m.orders.findID(id)
	if o == nil || o.requests.replaces == 0 || i == none || id == 0 {
		return false
	}
	e := &m.orders.entries[i]
	n := &e.Order
	left = min(left, quantity)
	gross := int64(left)*moneyPerUnit - e.rare.reserved
	if e.flags != flagUsed|flagListedLive || n.Foreign || n.Original != orig || n.State != PendingNew ||
		n.Overlay != 0 || n.Quantity == 0 || n.Sequence > stamp ||
		e.closed != 0 || e.links.contract != o.links.contract ||
		e.figures != (figures{}) || e.stamps != (stamps{}) || e.requests != (underWay{}) || !n.Side.Valid() ||
		e.rare.atReduced != 0 || gross > grossMax-m.account.gross ||
		m.requests.find(x.GetReference(), in.RequestSeq, msg.PayloadOrderCancelReplace) != none {
		return false
	}
	m.note(msg.PayloadOrderCancelReplaceAccepted, sequence, stamp, id)
	reserved := m.account.reserved()
	k, extra := &m.markets.markets[c.market], e.rare.reserved
	e.rare.reserved, e.booked.extra = 0, 0
	c.booked.extra -= extra
	k.extra -= extra
	m.account.extra -= extra
	m.unstake(e)
	n.Price, n.Quantity, n.Inherited = odds.Price(price), odds.Quantity(quantity), odds.Quantity(quantity-left)
	n.Sequence, n.Updated = stamp, m.now
	e.figures.available = int64(left)
	e.stamps.quantity, e.stamps.open = stamp, stamp
	e.flags = plainLive
	n.State = e.derive()
	m.show(e)
	m.setAvailable(e, c, int64(left), 0, 0, -extra)
	ev := m.aboutFast(OrderReplaced, n, PendingNew)
	ev.Other = orig

	p := &o.Order
	o.requests.replaces--
	p.Sequence, p.Updated, p.Reason = stamp, m.now, Reason{}
	m.end(parent, o, c, Replaced, stamp)
	marks.Hit(marks.FastReplaced)
	p.State = o.derive()
	m.setAvailable(o, c, 0, 0, 0, 0)
	m.applyAmounts(0, 0, 0, stamp, reserved)
	return true
}
