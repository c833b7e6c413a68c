package core

import "github.com/smk-go/smk/gen/msg"

// Replace asks for an order to be cancelled and another to take its place, in one
// step and without a moment in which both or none are on the book.
type Replace struct {
	OrigOrderID  uint64
	Price        uint32
	Quantity     uint64 // the new total; what the original executed counts towards it
	Market       uint32 // 0 means not said
	Reference    uint64
	HasReference bool
	Label        []byte // borrowed until Replace returns
}

// replace is a replacement between its stages.
type replace struct {
	session  *Session // who asked; it may be detached meanwhile
	orig     *order   // pinned
	next     *order   // has its id, and is not live
	total    uint64
	ordered  uint64 // of the original: a reduce meanwhile makes it too late
	reserved Money  // what the second stage may need besides what the original reserves
	due      int64
}

// replaces is a queue of replacements, sorted by due.
type replaces struct {
	list []replace
	head int
}

// push queues a replacement behind those that are due no later: they wait differently long when the
// delay is changed.
func (q *replaces) push(r replace) {
	q.list = append(q.list, r)
	for i := len(q.list) - 1; i > q.head && q.list[i-1].due > r.due; i-- {
		q.list[i-1], q.list[i] = q.list[i], q.list[i-1]
	}
}

// SetReplaceDelay sets how long the two stages of a cancel-replace lie apart from now on, in
// nanoseconds; 0, as at the start, means that nothing can come between them. Those
// that are between their stages keep the delay that they began with.
func (x *Exchange) SetReplaceDelay(d int64) { x.replaceDelay = max(d, 0) }

// Replace carries out the first stage: the new order gets its id, or the original
// stays as it is. The second stage follows at once or after the delay.
func (s *Session) Replace(c *Replace) (id uint64, r Refusal) {
	x := s.x
	o := s.find(c.OrigOrderID)
	if reason := s.admitReplace(c, o); reason != 0 {
		return 0, s.RejectReplace(c, reason)
	}
	n := x.orders.take()
	if n == nil {
		return 0, s.RejectReplace(c, msg.OrderCancelRejectedCapacityReached)
	}
	n.account, n.contract = o.account, o.contract
	n.quantity, n.price, n.side, n.tif = c.Quantity, c.Price, o.side, o.tif
	n.reference, n.hasReference = c.Reference, c.HasReference
	n.label = x.intern(c.Label)
	n.state = OrderCancelled // until the second stage
	n.pending++
	o.pending++
	o.replacing = true
	extra := x.replaceNeeds(o, c)
	s.account.pending += extra

	rep := x.report(msg.PayloadOrderPendingReplace, n)
	rep.OrigOrderID, rep.Price, rep.Quantity = o.id, c.Price, c.Quantity
	x.tell(s.account, s, rep)
	id = n.id
	x.replaces.push(replace{s, o, n, c.Quantity, o.quantity, extra, x.now + x.replaceDelay})
	x.replaceDue()
	return id, Refusal{}
}

// replaceNeeds is what a replacement may reserve beyond its original, whatever
// is filled of that meanwhile: the need is linear in the quantity filled, so the
// worse of its two ends.
func (x *Exchange) replaceNeeds(o *order, c *Replace) Money {
	side := sideOf(int(o.side))
	need := Liability(side, c.Quantity-o.executed, c.Price)
	return max(0, need-min(o.liability(), Liability(side, o.available, c.Price)))
}

// admitReplace returns why the first stage is refused, 0 if it is not.
func (s *Session) admitReplace(c *Replace, o *order) msg.OrderCancelRejectedReason {
	x, a := s.x, s.account
	if reason := x.provocationFor(msg.PayloadOrderCancelReplace); reason != 0 {
		return msg.OrderCancelRejectedReason(reason)
	}
	switch {
	case x.unavailable:
		return msg.OrderCancelRejectedServiceTemporarilyUnavailable
	case x.suspended:
		return msg.OrderCancelRejectedTradingSuspended
	case a.is.Suspended:
		return msg.OrderCancelRejectedAccountSuspended
	case c.Market != 0 && x.byMarket[c.Market] == nil:
		return msg.OrderCancelRejectedMarketNotFound
	case o == nil || c.Market != 0 && o.contract.market.id != c.Market:
		return msg.OrderCancelRejectedNotFound
	case o.state != OrderLive:
		return msg.OrderCancelRejectedNotLive
	case c.Quantity < x.quantityMin || c.Quantity > x.quantityMax || c.Price < PriceMin || c.Price > PriceMax:
		return msg.OrderCancelRejectedInvalidQuantity // there is no reason for a price
	case o.replacing || c.Quantity <= o.executed:
		return msg.OrderCancelRejectedTooLate
	case a.is.StakeLimit > 0 && Liability(sideOf(int(o.side)), c.Quantity, c.Price) > a.is.StakeLimit:
		return msg.OrderCancelRejectedStakeLimitExceeded
	case a.is.OrdersMax > 0 && a.live > a.is.OrdersMax:
		return msg.OrderCancelRejectedLimitExceeded
	case x.replaceNeeds(o, c) > a.available():
		return msg.OrderCancelRejectedInsufficientFunds
	case len(x.replaces.list)-x.replaces.head >= replacesMax:
		return msg.OrderCancelRejectedCapacityReached
	}
	return 0
}

// RejectReplace answers a cancel-replace whose first stage is refused: the
// original is named as such, and stays.
func (s *Session) RejectReplace(c *Replace, reason msg.OrderCancelRejectedReason) Refusal {
	x := s.x
	if o := s.find(c.OrigOrderID); o != nil {
		x.report(msg.PayloadOrderCancelRejected, o)
	} else {
		x.scratch = Report{Type: msg.PayloadOrderCancelRejected}
	}
	r := &x.scratch
	r.OrderID, r.OrigOrderID = 0, c.OrigOrderID
	r.Reason, r.Reference, r.HasReference = int32(reason), c.Reference, c.HasReference
	x.tell(s.account, s, r)
	return Refusal{Rejected: int32(reason)}
}

// replaceDue carries out the second stages whose time has come.
func (x *Exchange) replaceDue() {
	q := &x.replaces
	for q.head < len(q.list) && q.list[q.head].due <= x.now {
		r := q.list[q.head]
		q.list[q.head] = replace{}
		q.head++
		x.finishReplace(&r)
	}
	if q.head > 0 {
		q.list, q.head = q.list[:copy(q.list, q.list[q.head:])], 0
	}
}

// finishReplace is the second stage: the new order takes the original's place and
// is matched, or is refused and the original stays as it is.
func (x *Exchange) finishReplace(r *replace) {
	o, n := r.orig, r.next
	o.pending--
	n.pending--
	o.replacing = false
	o.account.pending -= r.reserved
	if reason := x.refuseReplace(r); reason != 0 {
		rep := x.report(msg.PayloadOrderCancelReplaceRejected, n)
		rep.Reason, rep.OrigOrderID = int32(reason), o.id
		x.tell(o.account, r.session, rep)
		x.end(n)
		return
	}
	x.withdraw(o, OrderReplaced)
	n.available = r.total - o.executed
	left := n.available
	n.state = OrderLive
	n.account.own(n)
	n.contract.claimPosition(n.account).live[n.side]++
	x.match(n)
	if n.available > 0 {
		x.rest(n)
	}
	x.publish()
	rep := x.report(msg.PayloadOrderCancelReplaceAccepted, n)
	rep.OrigOrderID, rep.Price, rep.Quantity, rep.AvailableQuantity = o.id, n.price, r.total, left
	x.tell(o.account, r.session, rep)
	x.tellFills(n)
	x.end(o)
	x.endFills(n)
}

// refuseReplace returns why the second stage fails, 0 if it does not.
func (x *Exchange) refuseReplace(r *replace) msg.OrderCancelReplaceRejectedReason {
	if reason := x.provocationFor(msg.PayloadOrderPendingReplace); reason != 0 {
		return msg.OrderCancelReplaceRejectedReason(reason)
	}
	o := r.orig
	c := o.contract
	m := c.market
	switch {
	case x.unavailable:
		return msg.OrderCancelReplaceRejectedServiceTemporarilyUnavailable
	case m.state == msg.MarketStateSettled || m.state == msg.MarketStateVoided:
		return msg.OrderCancelReplaceRejectedMarketSettled
	case c.settled:
		return msg.OrderCancelReplaceRejectedContractSettled
	case m.state == msg.MarketStateHalted:
		return msg.OrderCancelReplaceRejectedMarketHalted
	case !m.tradable():
		return msg.OrderCancelReplaceRejectedMarketNotOpen
	case o.state != OrderLive || o.quantity != r.ordered || r.total <= o.executed:
		return msg.OrderCancelReplaceRejectedTooLate
	case x.crossesSelf(c, o.account, int(o.side), r.next.price, r.total-o.executed):
		return msg.OrderCancelReplaceRejectedCrossedSelf
	}
	return 0
}
