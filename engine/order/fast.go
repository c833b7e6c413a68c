package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Fast path for acceptances, fills, cancels, reductions and replaces. It takes the next message in sequence if it is
// complete and its order has flagPlain, and does what applyReport would do, which is checked against it message by
// message. It leaves anything else to applyReport before it has changed anything.

// plainLive and plainNew are the only flags that an order may have here, but for flagFolded.
const (
	plainLive = flagUsed | flagPlain | flagListedLive | flagAcknowledged
	plainNew  = flagUsed | flagPlain | flagListedLive
)

// plain reports whether the fast path may change an order: it waits for its acceptance and nothing of it was seen, or
// it is live, each execution had a fill, all of them are final and nothing about it is in doubt. Every report that it
// knows is older than the stamp of the next.
func (e *entry) plain(high uint64) bool {
	o, g, s := &e.Order, &e.figures, &e.stamps
	if e.links.contract == none || e.closed != 0 || e.uncounted ||
		!o.Price.Valid() || !o.Side.Valid() || g.seen != g.total || g.pending != 0 || g.pendingCost != 0 ||
		g.seen < 0 || g.seenCost < 0 || g.seenCost > g.seen*moneyPerUnit ||
		g.available < 0 || g.available > quantitySumMax ||
		max(s.total, s.open, s.quantity, e.rare.atReduced, o.Sequence) > max(high, 1) {
		return false
	}
	switch e.flags &^ (flagPlain | flagFolded) {
	case plainLive &^ flagPlain:
		return s.quantity != 0
	case plainNew &^ flagPlain:
		return o.State == PendingNew && o.ID == 0 && !o.Foreign && o.Overlay == 0 && o.Original == 0 &&
			o.Inherited == 0 && o.Quantity > 0 && e.requests.asks == 0 && g.total == 0 && g.available == 0 &&
			e.rare.reserved == 0 && s.quantity == 0 && s.open == 0
	}
	return false
}

// commitCreate is commit for an order that is new: all that it puts at stake is that it asks.
func (m *Manager) commitCreate(i int32) {
	e := &m.orders.entries[i]
	o := &e.Order
	o.State, o.Updated = PendingNew, m.now
	e.flags |= flagPlain

	c, side := &m.markets.contracts[e.links.contract], (o.Side-odds.Buy)&1
	asked, risk := int64(o.Quantity), int64(liability(o.Side, o.Quantity, o.Price))
	gross := asked * moneyPerUnit
	e.booked.asked[side], e.booked.askedRisk, e.booked.gross = asked, risk, gross
	c.booked.asked[side] += asked
	c.booked.askedRisk += risk
	c.booked.gross += gross
	e.stake, e.created = risk, true
	c.stakes[side] += risk
	c.created += risk
	m.markets.markets[c.market].askedRisk += risk
	m.account.asked += risk
	m.account.gross += gross
}

// next returns the stamp of the next message in sequence, and 0 for any other.
func (m *Manager) next(sequence uint64) uint64 {
	s := m.window.base + sequence
	if s != m.window.high+1 || sequence == 0 || sequence > sequenceMax || s > stampMax {
		return 0
	}
	return s
}

// note notes a message that is applied.
func (m *Manager) note(typ msg.PayloadType, sequence, stamp, id uint64) {
	w := &m.window
	w.high = stamp
	w.bits[stamp/64%uint64(len(w.bits))] |= 1 << (stamp % 64)
	m.stats.Messages++
	m.sequence = sequence
	m.last[m.lastNext%lastMax] = Message{typ, sequence, id, m.now}
	m.lastNext = (m.lastNext + 1) % lastMax
}

// aboutFast is about for the only event of a call.
func (m *Manager) aboutFast(kind EventKind, o *Order, before State) *Event {
	ev := &m.events[0]
	m.eventCount = 1
	*ev = Event{}
	ev.Kind, ev.State, ev.Before, ev.Foreign, ev.Side = kind, o.State, before, o.Foreign, o.Side
	ev.Market, ev.Contract, ev.OrderID, ev.Reference = o.Market, o.Contract, o.ID, o.Reference
	ev.Sequence, ev.Now, ev.Reason = m.sequence, m.now, o.Reason
	return ev
}

// plainOrder returns a live order that the fast path may change and its contract, or nil.
func (m *Manager) plainOrder(id uint64) (int32, *entry, *contract) {
	i := m.orders.findID(id)
	if i == none || id == 0 {
		return none, nil, nil
	}
	e := &m.orders.entries[i]
	if e.flags&^flagFolded != plainLive || e.requests.asks > 0 {
		return none, nil, nil
	}
	c := &m.markets.contracts[e.links.contract]
	if c.closed {
		return none, nil, nil
	}
	return i, e, c
}

// setAvailable notes what is available of an order, and books the difference and that of final fills.
func (m *Manager) setAvailable(e *entry, c *contract, available, final, flow, gross int64) {
	o := &e.Order
	open := available - int64(o.Available)
	price := int64(o.Price)
	if o.Side == odds.Sell {
		price = moneyPerUnit - price
	}
	risk := open * price
	o.Available = odds.Quantity(available)
	gross += open * moneyPerUnit
	side := (o.Side - odds.Buy) & 1

	b, k := &e.booked, &m.markets.markets[c.market]
	b.open[side] += open
	b.openRisk += risk
	b.gross += gross
	e.stake += risk
	c.stakes[side] += risk
	c.booked.open[side] += open
	c.booked.openRisk += risk
	c.booked.gross += gross
	k.openRisk += risk
	m.account.openRisk += risk
	m.account.gross += gross
	if final == 0 {
		return
	}
	b.final += final
	b.flow += flow
	c.booked.final += final
	c.booked.flow += flow
	matched := k.matched()
	m.markets.refresh(e.links.contract)
	m.account.matched += k.matched() - matched
}

// end puts an order that a report ended among the ended ones.
func (m *Manager) end(i int32, e *entry, c *contract, s State, stamp uint64) {
	e.closed, e.stamps.close = s, stamp
	e.Order.Overlay = 0
	e.flags &^= flagListedLive | flagPlain
	t := &m.orders
	t.live.unlink(t.places, i)
	t.ended.push(t.places, i)
	c.live.unlink(t.inContract, i)
	c.ended.push(t.inContract, i)
	m.hide(e)
	m.countDoubt(e)
}

// applyFast applies a message if it is one for the fast path.
func (m *Manager) applyFast(p *msg.Payload, in *Input) bool {
	if in.Replayed || m.general {
		return false
	}
	switch p.GetType() {
	case msg.PayloadOrderExecuted:
		return m.fastExecuted(p.GetOrderExecuted(), in)
	case msg.PayloadOrderAccepted:
		return m.fastAccepted(p.GetOrderAccepted(), in)
	case msg.PayloadOrderCancelled:
		return m.fastCancelled(p.GetOrderCancelled(), in)
	case msg.PayloadOrderQuantityReduced:
		return m.fastReduced(p.GetOrderQuantityReduced(), in)
	case msg.PayloadOrderPendingReplace:
		return m.fastReplacePending(p.GetOrderPendingReplace(), in)
	case msg.PayloadOrderCancelReplaceAccepted:
		return m.fastReplaced(p.GetOrderCancelReplaceAccepted(), in)
	}
	return false
}

// usualSide reports whether a side is one.
func usualSide(s msg.Side) bool { return uint32(s-msg.SideBuy) < 2 }

// fastExecuted is executed for a final fill that leads to the total that is known.
func (m *Manager) fastExecuted(x *msg.OrderExecuted, in *Input) bool {
	sequence, q, p, available := in.AccountSequence, x.GetQuantity(), x.GetPrice(), x.GetAvailableQuantity()
	if sequence == 0 {
		sequence = x.GetAccountSequence_64()
	}
	stamp := m.next(sequence)
	if stamp == 0 || q-1 >= uint64(QuantityMax) || p-1 >= uint32(odds.PriceMax) || x.GetPendingTimeout() != 0 ||
		!x.HasAvailableQuantity() || available > uint64(QuantityMax) ||
		x.GetOrigPrice() > uint32(odds.PriceMax) || x.GetExecutedAvgPrice() > uint32(odds.PriceMax) ||
		!usualSide(x.GetSide()) {
		return false
	}
	i, e, c := m.plainOrder(x.GetOrderId())
	if e == nil {
		return false
	}
	o, g := &e.Order, &e.figures
	total, left := g.total+int64(q), int64(available)
	gross := (int64(q) + left - int64(o.Available)) * moneyPerUnit
	if x.GetTotalExecutedQuantity() != uint64(total) || total > quantitySumMax || gross > grossMax-m.account.gross {
		return false
	}
	m.note(msg.PayloadOrderExecuted, sequence, stamp, o.ID)
	reserved := m.account.reserved()
	m.fills.add(e, finalFill, int64(q), odds.Price(p))
	cost := int64(q) * int64(p)
	g.seen, g.total, g.available = total, total, left
	g.seenCost += cost
	e.stamps.total, e.stamps.open = stamp, stamp
	before := o.State
	o.Executed = odds.Quantity(total)
	if left == 0 {
		o.Reason = Reason{}
		m.end(i, e, c, Filled, stamp)
	}
	o.State = e.derive()
	o.Cost, o.Sequence, o.Updated = odds.Money(g.seenCost), stamp, m.now
	final, flow := int64(q), -cost
	if o.Side == odds.Sell {
		final, flow = -final, cost
	}
	m.setAvailable(e, c, left, final, flow, int64(q)*moneyPerUnit)
	ev := m.aboutFast(OrderFilled, o, before)
	ev.Fill.Price, ev.Fill.Quantity = odds.Price(p), odds.Quantity(q)
	balance, exposure := x.GetAvailableBalance(), x.GetExposure()
	if !x.HasAvailableBalance() || !x.HasExposure() || !m.agree(balance, exposure, stamp) {
		m.applyAmounts(hasAmounts(x.HasAvailableBalance(), x.HasExposure()), balance, exposure, stamp, reserved)
	}
	return true
}

// fastAccepted is accepted for an order that waits for it.
func (m *Manager) fastAccepted(x *msg.OrderAccepted, in *Input) bool {
	sequence, reference, q, p := in.AccountSequence, x.GetReference(), x.GetQuantity(), x.GetPrice()
	if sequence == 0 {
		sequence = x.GetAccountSequence_64()
	}
	id, stamp := x.GetOrderId(), m.next(sequence)
	if stamp == 0 || reference == 0 || id == 0 || q-1 >= uint64(QuantityMax) || p-1 >= uint32(odds.PriceMax) {
		return false
	}
	i := m.orders.findRef(reference)
	if i == none {
		return false
	}
	e := &m.orders.entries[i]
	if e.flags != plainNew {
		return false
	}
	o, g, c := &e.Order, &e.figures, &m.markets.contracts[e.links.contract]
	gross := (int64(q) - int64(o.Quantity)) * moneyPerUnit
	if o.Market != x.GetMarketId() || o.Contract != x.GetContractId() || uint32(o.Side) != uint32(x.GetSide()) ||
		!x.HasSide() || o.Market == 0 || c.closed || gross > grossMax-m.account.gross || m.orders.findID(id) != none {
		return false
	}
	m.note(msg.PayloadOrderAccepted, sequence, stamp, id)
	reserved := m.account.reserved()
	m.orders.setID(i, id)
	asked, risk := -int64(o.Quantity), -e.booked.askedRisk
	m.unstake(e)
	o.Price, o.Quantity, o.State, o.Sequence, o.Updated = odds.Price(p), odds.Quantity(q), Live, stamp, m.now
	e.stamps.quantity, e.stamps.open = stamp, stamp
	g.available = int64(q)
	e.flags = plainLive
	m.show(e)

	side := (o.Side - odds.Buy) & 1
	e.booked.asked[side], e.booked.askedRisk = 0, 0
	c.booked.asked[side] += asked
	c.booked.askedRisk += risk
	m.markets.markets[c.market].askedRisk += risk
	m.account.asked += risk
	m.setAvailable(e, c, int64(q), 0, 0, asked*moneyPerUnit)
	m.aboutFast(OrderAccepted, o, PendingNew)
	balance, exposure := x.GetAvailableBalance(), x.GetExposure()
	if !x.HasAvailableBalance() || !x.HasExposure() || !m.agree(balance, exposure, stamp) {
		m.applyAmounts(hasAmounts(x.HasAvailableBalance(), x.HasExposure()), balance, exposure, stamp, reserved)
	}
	return true
}

// plainRequest returns the request that a report answers, none if it answers none of ours. It returns false for one
// that is in doubt or about another order.
func (m *Manager) plainRequest(reference, seq uint64, typ msg.PayloadType, id uint64) (int32, bool) {
	i := m.requests.find(reference, seq, typ)
	if i == none {
		return none, true
	}
	q := &m.requests.list[i]
	return i, q.orderID == id && q.counted && !q.doubt
}

// fastCancelled is cancelled for a live order whose executions are all known.
func (m *Manager) fastCancelled(x *msg.OrderCancelled, in *Input) bool {
	sequence := in.AccountSequence
	if sequence == 0 {
		sequence = x.GetAccountSequence_64()
	}
	stamp := m.next(sequence)
	if stamp == 0 || x.GetOrigPrice() > uint32(odds.PriceMax) || x.GetExecutedAvgPrice() > uint32(odds.PriceMax) ||
		!usualSide(x.GetSide()) {
		return false
	}
	i, e, c := m.plainOrder(x.GetOrderId())
	if e == nil || x.HasExecutedQuantity() && x.GetExecutedQuantity() != uint64(e.figures.total) {
		return false
	}
	request, ok := m.plainRequest(x.GetReference(), in.RequestSeq, msg.PayloadOrderCancel, e.Order.ID)
	if !ok {
		return false
	}
	m.note(msg.PayloadOrderCancelled, sequence, stamp, e.Order.ID)
	reserved := m.account.reserved()
	if request != none {
		m.requests.remove(request)
		e.count(msg.PayloadOrderCancel, -1)
	}
	if x.HasExecutedQuantity() {
		e.stamps.total = stamp
	}
	o := &e.Order
	before := o.State
	o.Sequence, o.Updated = stamp, m.now
	o.Reason = Reason{msg.PayloadOrderCancelled, int32(x.GetReason())}
	m.end(i, e, c, Cancelled, stamp)
	o.State = e.derive()
	m.setAvailable(e, c, 0, 0, 0, 0)
	m.aboutFast(OrderCancelled, o, before)
	balance, exposure := x.GetAvailableBalance(), x.GetExposure()
	if !x.HasAvailableBalance() || !x.HasExposure() || !m.agree(balance, exposure, stamp) {
		m.applyAmounts(hasAmounts(x.HasAvailableBalance(), x.HasExposure()), balance, exposure, stamp, reserved)
	}
	return true
}

// fastReduced is reduced for a live order whose executions are all known and of which some is left.
func (m *Manager) fastReduced(x *msg.OrderQuantityReduced, in *Input) bool {
	sequence, left := in.AccountSequence, x.GetNewQuantity()
	if sequence == 0 {
		sequence = x.GetAccountSequence_64()
	}
	stamp := m.next(sequence)
	if stamp == 0 || left-1 >= uint64(QuantityMax) || x.GetOrigPrice() > uint32(odds.PriceMax) ||
		x.GetExecutedAvgPrice() > uint32(odds.PriceMax) || !usualSide(x.GetSide()) {
		return false
	}
	_, e, c := m.plainOrder(x.GetOrderId())
	if e == nil || x.HasExecutedQuantity() && x.GetExecutedQuantity() != uint64(e.figures.total) {
		return false
	}
	o := &e.Order
	quantity := odds.Quantity(e.figures.total+int64(left)+e.rare.voided) + o.Inherited
	gross := (int64(left) - int64(o.Available)) * moneyPerUnit
	request, ok := m.plainRequest(x.GetReference(), in.RequestSeq, msg.PayloadOrderQuantityReduce, o.ID)
	if !ok || quantity < 0 || quantity > 2*QuantityMax || gross > grossMax-m.account.gross {
		return false
	}
	m.note(msg.PayloadOrderQuantityReduced, sequence, stamp, o.ID)
	reserved := m.account.reserved()
	if request != none {
		m.requests.remove(request)
		e.count(msg.PayloadOrderQuantityReduce, -1)
		if e.requests.reduces == 0 {
			o.Overlay &^= PendingReduce
		}
	}
	if x.HasExecutedQuantity() {
		e.stamps.total = stamp
	}
	o.Quantity, o.Sequence, o.Updated = quantity, stamp, m.now
	e.figures.available = int64(left)
	e.stamps.quantity, e.stamps.open = stamp, stamp
	m.setAvailable(e, c, int64(left), 0, 0, 0)
	ev := m.aboutFast(OrderReduced, o, o.State)
	ev.Fill.Quantity = odds.Quantity(left)
	ev.Reason = Reason{msg.PayloadOrderQuantityReduced, int32(x.GetReason())}
	m.applyAmounts(0, 0, 0, stamp, reserved)
	return true
}
