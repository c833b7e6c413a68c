package core

import "github.com/smk-go/smk/gen/msg"

// Cancel asks for the end of an order.
type Cancel struct {
	OrderID      uint64
	Reference    uint64
	HasReference bool
}

// Withdraw is Cancel for an account by name, outside of any session.
func (x *Exchange) Withdraw(username string, id uint64) Refusal {
	return x.house(username).Cancel(&Cancel{OrderID: id})
}

// Cancel takes what is left of an order off the book.
func (s *Session) Cancel(c *Cancel) Refusal {
	x := s.x
	if reason := x.provocationFor(msg.PayloadOrderCancel); reason != 0 {
		return s.RejectCancel(c, msg.OrderCancelRejectedReason(reason))
	}
	o := s.find(c.OrderID)
	switch {
	case x.unavailable:
		return s.RejectCancel(c, msg.OrderCancelRejectedServiceTemporarilyUnavailable)
	case o == nil:
		return s.RejectCancel(c, msg.OrderCancelRejectedNotFound)
	case o.state != OrderLive:
		return s.RejectCancel(c, msg.OrderCancelRejectedNotLive)
	}
	x.withdraw(o, OrderCancelled)
	x.publish()
	x.tellCancelled(o, s, msg.OrderCancelledMemberRequested, c)
	x.end(o)
	return Refusal{}
}

// find returns the account's order with an id, or nil.
func (s *Session) find(id uint64) *order {
	if o := s.x.orders.find(id); o != nil && o.account == s.account {
		return o
	}
	return nil
}

// tellCancelled reports the end of an order. The reference is that of the
// request, if there was one.
func (x *Exchange) tellCancelled(o *order, origin *Session, reason msg.OrderCancelledReason, request *Cancel) {
	r := x.report(msg.PayloadOrderCancelled, o)
	r.Reason, r.HasReference = int32(reason), false
	if request != nil {
		r.Reference, r.HasReference = request.Reference, request.HasReference
	}
	x.tell(o.account, origin, r)
}

// RejectCancel answers a cancel that is not carried out.
func (s *Session) RejectCancel(c *Cancel, reason msg.OrderCancelRejectedReason) Refusal {
	x := s.x
	if o := s.find(c.OrderID); o != nil {
		x.report(msg.PayloadOrderCancelRejected, o)
	} else {
		x.scratch = Report{Type: msg.PayloadOrderCancelRejected, OrderID: c.OrderID}
	}
	r := &x.scratch
	r.Reason, r.Reference, r.HasReference = int32(reason), c.Reference, c.HasReference
	x.tell(s.account, s, r)
	return Refusal{Rejected: int32(reason)}
}

// CancelAll asks for the end of every order of the account.
type CancelAll struct {
	Market       uint32 // only in this market; 0 means in every
	Reference    uint64
	HasReference bool
}

// CancelAll takes all of the account's orders off the book, oldest first, in one
// market or in every. The acceptance is told before the single orders.
func (s *Session) CancelAll(c *CancelAll) Refusal {
	x := s.x
	if x.unavailable || x.provocationFor(msg.PayloadOrderCancelAll) != 0 {
		return s.RejectCancelAll(c, msg.OrderCancelAllRejectedUnknownError)
	}
	x.collect(s.account, c.Market)
	x.publish()
	x.scratch = Report{Type: msg.PayloadOrderCancelAllAccepted, Reference: c.Reference, HasReference: c.HasReference}
	x.tell(s.account, s, &x.scratch)
	x.tellGone(msg.OrderCancelledMemberRequested)
	return Refusal{}
}

// collect withdraws an account's orders into x.gone.
func (x *Exchange) collect(a *account, market uint32) {
	for o := a.liveHead; o != nil; {
		next := o.ownNext
		if market == 0 || o.contract.market.id == market {
			x.withdraw(o, OrderCancelled)
			x.gone = append(x.gone, o)
		}
		o = next
	}
}

// tellGone reports and lets go of what was withdrawn into x.gone.
func (x *Exchange) tellGone(reason msg.OrderCancelledReason) {
	for i, o := range x.gone {
		x.tellCancelled(o, nil, reason, nil)
		x.end(o)
		x.gone[i] = nil
	}
	x.gone = x.gone[:0]
}

// RejectCancelAll answers a cancel-all that is not carried out.
func (s *Session) RejectCancelAll(c *CancelAll, reason msg.OrderCancelAllRejectedReason) Refusal {
	x := s.x
	x.scratch = Report{
		Type: msg.PayloadOrderCancelAllRejected, Reason: int32(reason),
		Reference: c.Reference, HasReference: c.HasReference,
	}
	x.tell(s.account, s, &x.scratch)
	return Refusal{Rejected: int32(reason)}
}

// CancelAccount cancels every order of an account for its lack of a
// connection.
func (x *Exchange) CancelAccount(username string) {
	x.collect(x.house(username).account, 0)
	x.publish()
	x.tellGone(msg.OrderCancelledMemberRequested)
}
