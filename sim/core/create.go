package core

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

// Refusal says why a request had no effect. The zero value means that it had.
type Refusal struct {
	Invalid  bool  // an order_invalid, with its reasons in the report
	Rejected int32 // otherwise the reason, in the enumeration of the request's answer
}

// OK reports that the request was carried out.
func (r Refusal) OK() bool { return r == Refusal{} }

// Submit is Create for an account by name, outside of any session: it acts
// for a participant that is not connected. Sessions of the account are told. An
// unknown account panics.
func (x *Exchange) Submit(username string, c Create) (id uint64, r Refusal) {
	return x.house(username).Create(&c)
}

func (x *Exchange) house(username string) *Session {
	a := x.byName[username]
	if a == nil {
		panic("BUG: sim: no account " + username)
	}
	return a.house
}

// Create places an order and returns its id. It matches what can be matched,
// rests or cancels what is left, and tells everyone concerned. c.Side must be
// one of the two sides.
func (s *Session) Create(c *Create) (id uint64, r Refusal) {
	x := s.x
	if s.invalid(c) {
		return 0, Refusal{Invalid: true}
	}
	ct, reason := s.admit(c)
	if reason != 0 {
		s.reject(c, reason)
		return 0, Refusal{Rejected: int32(reason)}
	}
	o := x.orders.take()
	o.account, o.contract = s.account, ct
	o.quantity, o.available, o.price = c.Quantity, c.Quantity, c.Price
	o.side, o.tif = uint8(sideIndex(c.Side)), c.TIF
	o.reference, o.hasReference = c.Reference, c.HasReference
	o.label = x.intern(c.Label)
	s.account.own(o)
	ct.claimPosition(s.account).live[o.side]++

	id = o.id
	least := uint64(c.Maq)
	enough := least <= c.Quantity && x.matchable(ct, int(o.side), c.Price, least) >= least
	if enough {
		x.match(o)
	}
	killed := o.available > 0 && (!enough || c.TIF == msg.ImmediateOrCancel)
	switch {
	case killed:
		x.release(o, OrderCancelled)
	case o.available > 0:
		x.rest(o)
	}
	x.publish()

	rep := x.report(msg.PayloadOrderAccepted, o)
	rep.Seq, rep.Price, rep.Quantity = c.Seq, c.Price, c.Quantity
	x.tell(s.account, s, rep)
	x.tellFills(o)
	if killed {
		rep = x.report(msg.PayloadOrderCancelled, o)
		rep.Reason, rep.HasReference = int32(msg.OrderCancelledInsufficientLiquidity), false
		x.tell(s.account, s, rep)
	}
	x.endFills(o)
	return id, Refusal{}
}

// invalid answers a create that no book has to be asked about, listing every
// reason.
func (s *Session) invalid(c *Create) bool {
	r := &s.x.scratch
	*r = Report{Type: msg.PayloadOrderInvalid, Seq: c.Seq, Reference: c.Reference, HasReference: c.HasReference}
	if c.Quantity < s.x.quantityMin || c.Quantity > s.x.quantityMax {
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
func (s *Session) admit(c *Create) (*contract, msg.OrderRejectedReason) {
	x, a := s.x, s.account
	if reason := x.provocationFor(msg.PayloadOrderCreate); reason != 0 {
		return nil, msg.OrderRejectedReason(reason)
	}
	switch {
	case x.unavailable:
		return nil, msg.OrderRejectedServiceTemporarilyUnavailable
	case x.suspended:
		return nil, msg.OrderRejectedTradingSuspended
	case a.is.Suspended:
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
	case a.is.StakeLimit > 0 && liability > a.is.StakeLimit:
		return nil, msg.OrderRejectedStakeLimitExceeded
	case a.is.OrdersMax > 0 && a.live >= a.is.OrdersMax:
		return nil, msg.OrderRejectedLimitExceeded
	case x.crossesSelf(ct, a, sideIndex(c.Side), c.Price, c.Quantity):
		return nil, msg.OrderRejectedCrossedSelf
	case liability > a.available():
		return nil, msg.OrderRejectedInsufficientFunds
	case !x.orders.room() || m.held.len() >= heldMax || m.log.len() >= logMax:
		return nil, msg.OrderRejectedCapacityReached
	}
	return ct, 0
}

// reject answers a create that was not carried out. With the back end down there
// is no sequence to answer.
func (s *Session) reject(c *Create, reason msg.OrderRejectedReason) {
	x := s.x
	x.scratch = Report{
		Type: msg.PayloadOrderRejected, Reason: int32(reason), Seq: c.Seq,
		Reference: c.Reference, HasReference: c.HasReference, Label: x.intern(c.Label),
	}
	if reason == msg.OrderRejectedServiceTemporarilyUnavailable {
		x.scratch.Seq = 0
	}
	x.tell(s.account, s, &x.scratch)
}

// Reject answers a create with a reason without looking at it: for a caller that
// refuses it for reasons of its own, such as a throttle.
func (s *Session) Reject(c *Create, reason msg.OrderRejectedReason) { s.reject(c, reason) }
