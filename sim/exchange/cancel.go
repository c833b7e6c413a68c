package exchange

import "github.com/smk-go/smk/gen/msg"

// Cancel asks for the end of an order.
type Cancel struct {
	OrderID      uint64
	Reference    uint64
	HasReference bool
}

// SubmitCancel is Cancel for an account by name, outside of any session.
func (x *Exchange) SubmitCancel(username string, id uint64) Rejection {
	return x.internalLogin(username).Cancel(&Cancel{OrderID: id})
}

// Cancel takes what is left of an order off the book.
func (s *Login) Cancel(c *Cancel) Rejection {
	x := s.exchange
	if reason := x.takeForcedReject(msg.PayloadOrderCancel); reason != 0 {
		return s.RejectCancel(c, msg.OrderCancelRejectedReason(reason))
	}
	o := s.findOrder(c.OrderID)
	switch {
	case x.unavailable:
		return s.RejectCancel(c, msg.OrderCancelRejectedServiceTemporarilyUnavailable)
	case o == nil:
		return s.RejectCancel(c, msg.OrderCancelRejectedNotFound)
	case o.state != OrderLive:
		return s.RejectCancel(c, msg.OrderCancelRejectedNotLive)
	}
	x.removeOrder(o, OrderCancelled)
	x.publish()
	x.reportCancelled(o, s, msg.OrderCancelledMemberRequested, c)
	x.retire(o)
	return Rejection{}
}

// find returns the account's order with an id, or nil.
func (s *Login) findOrder(id uint64) *order {
	if o := s.exchange.orders.find(id); o != nil && o.account == s.account {
		return o
	}
	return nil
}

// reportCancelled reports the end of an order. The reference is that of the
// request, if there was one.
func (x *Exchange) reportCancelled(o *order, origin *Login, reason msg.OrderCancelledReason, request *Cancel) {
	r := x.newReport(msg.PayloadOrderCancelled, o)
	r.Reason, r.HasReference = int32(reason), false
	if request != nil {
		r.Reference, r.HasReference = request.Reference, request.HasReference
	}
	x.report(o.account, origin, r)
}

// RejectCancel answers a cancel that is not carried out.
func (s *Login) RejectCancel(c *Cancel, reason msg.OrderCancelRejectedReason) Rejection {
	x := s.exchange
	if o := s.findOrder(c.OrderID); o != nil {
		x.newReport(msg.PayloadOrderCancelRejected, o)
	} else {
		x.scratch = Report{Type: msg.PayloadOrderCancelRejected, OrderID: c.OrderID}
	}
	r := &x.scratch
	r.Reason, r.Reference, r.HasReference = int32(reason), c.Reference, c.HasReference
	x.report(s.account, s, r)
	return Rejection{Reason: int32(reason)}
}

// CancelAll asks for the end of every order of the account.
type CancelAll struct {
	Market       uint32 // only in this market; 0 means in every
	Reference    uint64
	HasReference bool
}

// CancelAll takes all of the account's orders off the book, oldest first, in one
// market or in every. The acceptance is told before the single orders.
func (s *Login) CancelAll(c *CancelAll) Rejection {
	x := s.exchange
	if x.unavailable || x.takeForcedReject(msg.PayloadOrderCancelAll) != 0 {
		return s.RejectCancelAll(c, msg.OrderCancelAllRejectedUnknownError)
	}
	x.removeLive(s.account, c.Market)
	x.publish()
	x.scratch = Report{Type: msg.PayloadOrderCancelAllAccepted, Reference: c.Reference, HasReference: c.HasReference}
	x.report(s.account, s, &x.scratch)
	x.reportRemoved(msg.OrderCancelledMemberRequested)
	return Rejection{}
}

// collect withdraws an account's orders into x.gone.
func (x *Exchange) removeLive(a *account, market uint32) {
	for o := a.liveHead; o != nil; {
		next := o.ownNext
		if market == 0 || o.contract.market.id == market {
			x.removeOrder(o, OrderCancelled)
			x.removed = append(x.removed, o)
		}
		o = next
	}
}

// reportRemoved reports and lets go of what was withdrawn into x.gone.
func (x *Exchange) reportRemoved(reason msg.OrderCancelledReason) {
	for i, o := range x.removed {
		x.reportCancelled(o, nil, reason, nil)
		x.retire(o)
		x.removed[i] = nil
	}
	x.removed = x.removed[:0]
}

// RejectCancelAll answers a cancel-all that is not carried out.
func (s *Login) RejectCancelAll(c *CancelAll, reason msg.OrderCancelAllRejectedReason) Rejection {
	x := s.exchange
	x.scratch = Report{
		Type: msg.PayloadOrderCancelAllRejected, Reason: int32(reason),
		Reference: c.Reference, HasReference: c.HasReference,
	}
	x.report(s.account, s, &x.scratch)
	return Rejection{Reason: int32(reason)}
}

// CancelAccount cancels every order of an account for its lack of a
// connection.
func (x *Exchange) CancelAccount(username string) {
	x.removeLive(x.internalLogin(username).account, 0)
	x.publish()
	x.reportRemoved(msg.OrderCancelledMemberRequested)
}
