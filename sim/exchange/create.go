package exchange

import "github.com/smk-go/smk/gen/msg"

// Create asks for a new order.
type Create struct {
	Seq              uint64 // of the message, repeated by the answer
	Reference        uint64 // repeated if HasReference
	Quantity         uint64
	Price            uint32
	Maq              uint32 // the least that must match at once; 0 means none
	Market, Contract uint32
	Side             msg.Side
	TIF              msg.TimeInForceType // 0 means GOOD_TIL_CANCELLED
	HasReference     bool
	Label            []byte // borrowed until Create returns
}

// Rejection says why a request had no effect. The zero value means that it had.
type Rejection struct {
	Invalid bool  // an order_invalid, with its reasons in the report
	Reason  int32 // otherwise the reason, in the enumeration of the request's answer
}

// OK reports that the request was carried out.
func (r Rejection) OK() bool { return r == Rejection{} }

// Submit is Create for an account by name, outside of any session: it acts
// for a participant that is not connected. Sessions of the account are told. An
// unknown account panics.
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

// Create places an order and returns its id. It matches what can be matched,
// rests or cancels what is left, and tells everyone concerned. c.Side must be
// one of the two sides.
func (s *Login) Create(c *Create) (id uint64, r Rejection) {
	x := s.exchange
	if s.rejectInvalid(c) {
		return 0, Rejection{Invalid: true}
	}
	ct, reason := s.checkCreate(c)
	if reason != 0 {
		s.reject(c, reason)
		return 0, Rejection{Reason: int32(reason)}
	}
	o := x.orders.newOrder()
	o.account, o.contract = s.account, ct
	o.quantity, o.available, o.price = c.Quantity, c.Quantity, c.Price
	o.side, o.tif = uint8(sideIndex(c.Side)), c.TIF
	o.reference, o.hasReference = c.Reference, c.HasReference
	o.label = x.intern(c.Label)
	s.account.addLive(o)
	ct.ensurePosition(s.account).live[o.side]++

	id = o.id
	least := uint64(c.Maq)
	enough := least <= c.Quantity && x.matchable(ct, int(o.side), c.Price, least) >= least
	if enough {
		x.match(o)
	}
	killed := o.available > 0 && (!enough || c.TIF == msg.ImmediateOrCancel)
	switch {
	case killed:
		x.closeOrder(o, OrderCancelled)
	case o.available > 0:
		x.addToBook(o)
	}
	x.publish()

	rep := x.newReport(msg.PayloadOrderAccepted, o)
	rep.Seq, rep.Price, rep.Quantity = c.Seq, c.Price, c.Quantity
	x.report(s.account, s, rep)
	x.reportFills(o)
	if killed {
		rep = x.newReport(msg.PayloadOrderCancelled, o)
		rep.Reason, rep.HasReference = int32(msg.OrderCancelledInsufficientLiquidity), false
		x.report(s.account, s, rep)
	}
	x.retireFills(o)
	return id, Rejection{}
}

// invalid answers a create that no book has to be asked about, listing every
// reason.
func (s *Login) rejectInvalid(c *Create) bool {
	r := &s.exchange.scratch
	*r = Report{Type: msg.PayloadOrderInvalid, Seq: c.Seq, Reference: c.Reference, HasReference: c.HasReference}
	if c.Quantity < s.exchange.quantityMin || c.Quantity > s.exchange.quantityMax {
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
	if s.sink != nil {
		s.sink.Report(r, false)
	}
	return true
}

// admit returns the contract of a create, or why it is rejected.
func (s *Login) checkCreate(c *Create) (*contract, msg.OrderRejectedReason) {
	x, a := s.exchange, s.account
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
	case !x.orders.hasRoom() || m.provisional.len() >= provisionalMax || m.final.len() >= finalMax:
		return nil, msg.OrderRejectedCapacityReached
	}
	return ct, 0
}

// reject answers a create that was not carried out. With the back end down there
// is no sequence to answer.
func (s *Login) reject(c *Create, reason msg.OrderRejectedReason) {
	x := s.exchange
	x.scratch = Report{
		Type: msg.PayloadOrderRejected, Reason: int32(reason), Seq: c.Seq,
		Reference: c.Reference, HasReference: c.HasReference, Label: x.intern(c.Label),
	}
	if reason == msg.OrderRejectedServiceTemporarilyUnavailable {
		x.scratch.Seq = 0
	}
	x.report(s.account, s, &x.scratch)
}

// Reject answers a create with a reason without looking at it: for a caller that
// refuses it for reasons of its own, such as a throttle.
func (s *Login) Reject(c *Create, reason msg.OrderRejectedReason) { s.reject(c, reason) }
