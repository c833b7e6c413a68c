package exchange

import "github.com/smk-go/smk/gen/msg"

// Replace is a request to cancel an order and put another in its place, in one step: at no moment are both
// or none on the book.
type Replace struct {
	OrigOrderID  uint64
	Price        uint32
	Quantity     uint64 // the new total; it includes what the original has executed
	Market       uint32 // 0 means any
	Reference    uint64
	HasReference bool
	Label        []byte // borrowed until Replace returns
}

// replacement is a replace between its stages.
type replacement struct {
	login    *Login // that requested it; it may have logged out
	orig     *order // kept by references
	next     *order // has its id but is not live
	total    uint64
	ordered  uint64 // of the original; a reduce meanwhile makes the replace too late
	reserved Money  // for the second stage, beyond the original's reserve
	due      int64
}

// replaceQueue is a queue of replacements, sorted by due.
type replaceQueue struct {
	list []replacement
	head int
}

// push inserts a replacement after those that are due no later. The delay may change, so a newer
// replacement may be due earlier.
func (q *replaceQueue) push(r replacement) {
	q.list = append(q.list, r)
	for i := len(q.list) - 1; i > q.head && q.list[i-1].due > r.due; i-- {
		q.list[i-1], q.list[i] = q.list[i], q.list[i-1]
	}
}

// SetReplaceDelay sets the time between the two stages of a replace, in nanoseconds, for replaces from now
// on. 0, the value at the start, means that nothing can happen between them.
func (x *Exchange) SetReplaceDelay(d int64) { x.replaceDelay = max(d, 0) }

// Replace carries out the first stage: the new order gets its id, or the original stays. The second stage
// follows at once or after the delay.
func (l *Login) Replace(c *Replace) (id uint64, r Rejection) {
	x := l.exchange
	o := l.findOrder(c.OrigOrderID)
	if reason := l.checkReplace(c, o); reason != 0 {
		return 0, l.RejectReplace(c, reason)
	}
	n := x.orders.newOrder()
	if n == nil {
		return 0, l.RejectReplace(c, msg.OrderCancelRejectedCapacityReached)
	}
	n.account, n.contract = o.account, o.contract
	n.quantity, n.price, n.side, n.tif = c.Quantity, c.Price, o.side, o.tif
	n.reference, n.hasReference = c.Reference, c.HasReference
	n.label = x.intern(c.Label)
	n.state = OrderCancelled // until the second stage
	n.references++
	o.references++
	o.replacing = true
	extra := x.replaceReserve(o, c)
	l.account.pending += extra

	rep := x.newReport(msg.PayloadOrderPendingReplace, n)
	rep.OrigOrderID, rep.Price, rep.Quantity = o.id, c.Price, c.Quantity
	x.report(l.account, l, rep)
	id = n.id
	x.replaces.push(replacement{l, o, n, c.Quantity, o.quantity, extra, x.now + x.replaceDelay})
	x.finishDueReplaces()
	return id, Rejection{}
}

// replaceReserve returns what a replace may have to reserve beyond its original, whatever part of that is
// filled meanwhile. The need is linear in the quantity filled, so one of the two ends is the worst.
func (x *Exchange) replaceReserve(o *order, c *Replace) Money {
	side := sideOf(int(o.side))
	need := Liability(side, c.Quantity-o.executed, c.Price)
	return max(0, need-min(o.liability(), Liability(side, o.available, c.Price)))
}

// checkReplace returns the reason to reject the first stage, 0 if there is none.
func (l *Login) checkReplace(c *Replace, o *order) msg.OrderCancelRejectedReason {
	x, a := l.exchange, l.account
	if reason := x.takeForcedReject(msg.PayloadOrderCancelReplace); reason != 0 {
		return msg.OrderCancelRejectedReason(reason)
	}
	switch {
	case x.unavailable:
		return msg.OrderCancelRejectedServiceTemporarilyUnavailable
	case x.suspended:
		return msg.OrderCancelRejectedTradingSuspended
	case a.config.Suspended:
		return msg.OrderCancelRejectedAccountSuspended
	case c.Market != 0 && x.byMarket[c.Market] == nil:
		return msg.OrderCancelRejectedMarketNotFound
	case o == nil || c.Market != 0 && o.contract.market.id != c.Market:
		return msg.OrderCancelRejectedNotFound
	case o.state != OrderLive:
		return msg.OrderCancelRejectedNotLive
	case c.Quantity < x.quantityMin || c.Quantity > x.quantityMax || c.Price < PriceMin || c.Price > PriceMax:
		return msg.OrderCancelRejectedInvalidQuantity // the protocol has no reason for a price
	case o.replacing || c.Quantity <= o.executed:
		return msg.OrderCancelRejectedTooLate
	case a.config.StakeLimit > 0 && Liability(sideOf(int(o.side)), c.Quantity, c.Price) > a.config.StakeLimit:
		return msg.OrderCancelRejectedStakeLimitExceeded
	case a.config.OrdersMax > 0 && a.live > a.config.OrdersMax:
		return msg.OrderCancelRejectedLimitExceeded
	case x.replaceReserve(o, c) > a.available():
		return msg.OrderCancelRejectedInsufficientFunds
	case len(x.replaces.list)-x.replaces.head >= replacesMax:
		return msg.OrderCancelRejectedCapacityReached
	}
	return 0
}

// RejectReplace rejects the first stage of a replace. The report names the original, which stays.
func (l *Login) RejectReplace(c *Replace, reason msg.OrderCancelRejectedReason) Rejection {
	x := l.exchange
	if o := l.findOrder(c.OrigOrderID); o != nil {
		x.newReport(msg.PayloadOrderCancelRejected, o)
	} else {
		x.buf.report = Report{Type: msg.PayloadOrderCancelRejected}
	}
	r := &x.buf.report
	r.OrderID, r.OrigOrderID = 0, c.OrigOrderID
	r.Reason, r.Reference, r.HasReference = int32(reason), c.Reference, c.HasReference
	x.report(l.account, l, r)
	return Rejection{Reason: int32(reason)}
}

// finishDueReplaces carries out the second stages that are due.
func (x *Exchange) finishDueReplaces() {
	q := &x.replaces
	for q.head < len(q.list) && q.list[q.head].due <= x.now {
		r := q.list[q.head]
		q.list[q.head] = replacement{}
		q.head++
		x.finishReplace(&r)
	}
	if q.head > 0 {
		q.list, q.head = q.list[:copy(q.list, q.list[q.head:])], 0
	}
}

// finishReplace carries out the second stage: the new order takes the original's place and is matched, or is
// rejected and the original stays.
func (x *Exchange) finishReplace(r *replacement) {
	o, n := r.orig, r.next
	o.references--
	n.references--
	o.replacing = false
	o.account.pending -= r.reserved
	if reason := x.recheckReplace(r); reason != 0 {
		rep := x.newReport(msg.PayloadOrderCancelReplaceRejected, n)
		rep.Reason, rep.OrigOrderID = int32(reason), o.id
		x.report(o.account, r.login, rep)
		x.retire(n)
		return
	}
	x.removeOrder(o, OrderReplaced)
	n.available = r.total - o.executed
	left := n.available
	n.state = OrderLive
	n.account.addLive(n)
	n.contract.ensurePosition(n.account).live[n.side]++
	x.match(n)
	if n.available > 0 {
		x.addToBook(n)
	}
	x.publish()
	rep := x.newReport(msg.PayloadOrderCancelReplaceAccepted, n)
	rep.OrigOrderID, rep.Price, rep.Quantity, rep.AvailableQuantity = o.id, n.price, r.total, left
	x.report(o.account, r.login, rep)
	x.reportFills()
	x.retire(o)
	x.retireFills(n)
}

// recheckReplace returns the reason to reject the second stage, 0 if there is none.
func (x *Exchange) recheckReplace(r *replacement) msg.OrderCancelReplaceRejectedReason {
	if reason := x.takeForcedReject(msg.PayloadOrderPendingReplace); reason != 0 {
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
