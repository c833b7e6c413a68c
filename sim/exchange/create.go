package exchange

import "github.com/smk-go/smk/gen/msg"

// Create is a request for a new order.
type Create struct {
	Seq              uint64 // of the message; the answer repeats it
	Reference        uint64 // the answer repeats it if HasReference
	Quantity         uint64
	Price            uint32
	Maq              uint32 // minimum acceptable quantity that must match at once; 0 means none
	Market, Contract uint32
	Side             msg.Side
	TIF              msg.TimeInForceType // 0 means GOOD_TIL_CANCELLED
	HasReference     bool
	Label            []byte // borrowed until Create returns
}

// Rejection says why a request had no effect. The zero value means that it was accepted.
type Rejection struct {
	Invalid bool  // an order_invalid; the report has its reasons
	Reason  int32 // else the reason, of the enumeration of the request's answer; 0 means accepted
}

// OK reports whether the request was accepted.
func (r Rejection) OK() bool { return r == Rejection{} }

// Submit is Login.Create for an account that is not logged in; its logins receive the reports. It panics
// if there is no such account.
func (x *Exchange) Submit(username string, c Create) (id uint64, r Rejection) {
	return x.internalLogin(username).Create(&c)
}

func (x *Exchange) internalLogin(username string) *Login {
	a := x.byName[username]
	if a == nil {
		panic("BUG: sim: no account " + username)
	}
	return a.internal
}

// Create accepts an order, matches it, adds the rest to the book or cancels it, and reports to everyone
// concerned. It returns the order's id. c.Side must be a valid side.
func (l *Login) Create(c *Create) (id uint64, r Rejection) {
	x := l.exchange
	if l.rejectInvalid(c) {
		return 0, Rejection{Invalid: true}
	}
	ct, reason := l.checkCreate(c)
	if reason != 0 {
		l.reject(c, reason)
		return 0, Rejection{Reason: int32(reason)}
	}
	o := x.orders.newOrder()
	o.account, o.contract = l.account, ct
	o.quantity, o.available, o.price = c.Quantity, c.Quantity, c.Price
	o.side, o.tif = uint8(sideIndex(c.Side)), c.TIF
	o.reference, o.hasReference = c.Reference, c.HasReference
	o.label = x.intern(c.Label)
	l.account.addLive(o)
	ct.ensurePosition(l.account).live[o.side]++

	id = o.id
	least := uint64(c.Maq)
	enough := least <= c.Quantity && x.matchable(ct, int(o.side), c.Price, least) >= least
	if enough {
		x.match(o)
	}
	cancelled := o.available > 0 && (!enough || c.TIF == msg.ImmediateOrCancel)
	switch {
	case cancelled:
		x.closeOrder(o, OrderCancelled)
	case o.available > 0:
		x.addToBook(o)
	}
	x.publish()

	rep := x.newReport(msg.PayloadOrderAccepted, o)
	rep.Seq, rep.Price, rep.Quantity = c.Seq, c.Price, c.Quantity
	x.report(l.account, l, rep)
	x.reportFills()
	if cancelled {
		rep = x.newReport(msg.PayloadOrderCancelled, o)
		rep.Reason, rep.HasReference = int32(msg.OrderCancelledInsufficientLiquidity), false
		x.report(l.account, l, rep)
	}
	x.retireFills(o)
	return id, Rejection{}
}

// rejectInvalid answers a create with an invalid quantity or price, listing every reason. It reports
// false if both are valid.
func (l *Login) rejectInvalid(c *Create) bool {
	r := &l.exchange.buf.report
	*r = Report{Type: msg.PayloadOrderInvalid, Seq: c.Seq, Reference: c.Reference, HasReference: c.HasReference}
	if c.Quantity < l.exchange.quantityMin || c.Quantity > l.exchange.quantityMax {
		r.Invalid[r.InvalidCount] = msg.OrderInvalidInvalidQuantity
		r.InvalidCount++
	}
	if c.Price < PriceMin || c.Price > PriceMax {
		r.Invalid[r.InvalidCount] = msg.OrderInvalidInvalidPrice
		r.InvalidCount++
	}
	if r.InvalidCount == 0 {
		return false
	}
	if l.sink != nil {
		l.sink.Report(r, false)
	}
	return true
}

// checkCreate returns the contract of a create, or the reason to reject it.
func (l *Login) checkCreate(c *Create) (*contract, msg.OrderRejectedReason) {
	x, a := l.exchange, l.account
	if reason := x.takeForcedReject(msg.PayloadOrderCreate); reason != 0 {
		return nil, msg.OrderRejectedReason(reason)
	}
	switch {
	case x.unavailable:
		return nil, msg.OrderRejectedServiceTemporarilyUnavailable
	case x.suspended:
		return nil, msg.OrderRejectedTradingSuspended
	case a.config.Suspended:
		return nil, msg.OrderRejectedAccountSuspended
	}
	m := x.byMarket[c.Market]
	if m == nil {
		return nil, msg.OrderRejectedMarketNotFound
	}
	ct := m.contractByID(c.Contract)
	if ct == nil {
		return nil, msg.OrderRejectedContractNotFound
	}
	liability := Liability(c.Side, c.Quantity, c.Price)
	switch {
	case m.state == msg.MarketStateSettled || m.state == msg.MarketStateVoided:
		return nil, msg.OrderRejectedMarketSettled
	case ct.settled:
		return nil, msg.OrderRejectedContractSettled
	case m.state == msg.MarketStateHalted:
		return nil, msg.OrderRejectedMarketHalted
	case !m.tradable():
		return nil, msg.OrderRejectedMarketNotOpen
	case a.config.StakeLimit > 0 && liability > a.config.StakeLimit:
		return nil, msg.OrderRejectedStakeLimitExceeded
	case a.config.OrdersMax > 0 && a.live >= a.config.OrdersMax:
		return nil, msg.OrderRejectedLimitExceeded
	case x.crossesSelf(ct, a, sideIndex(c.Side), c.Price, c.Quantity):
		return nil, msg.OrderRejectedCrossedSelf
	case liability > a.available():
		return nil, msg.OrderRejectedInsufficientFunds
	case x.recording != nil && a.live >= x.orders.max/2, // the rest is for the other parties
		!x.orders.hasRoom() || m.provisional.len() >= provisionalMax || m.final.len() >= finalMax:
		return nil, msg.OrderRejectedCapacityReached
	}
	return ct, 0
}

// reject answers a create that is rejected. While the back end is down, the answer has no sequence.
func (l *Login) reject(c *Create, reason msg.OrderRejectedReason) {
	x := l.exchange
	x.buf.report = Report{
		Type: msg.PayloadOrderRejected, Reason: int32(reason), Seq: c.Seq,
		Reference: c.Reference, HasReference: c.HasReference, Label: x.intern(c.Label),
	}
	if reason == msg.OrderRejectedServiceTemporarilyUnavailable {
		x.buf.report.Seq = 0
	}
	x.report(l.account, l, &x.buf.report)
}

// Reject rejects a create without checking it, for a caller such as a throttle.
func (l *Login) Reject(c *Create, reason msg.OrderRejectedReason) { l.reject(c, reason) }
