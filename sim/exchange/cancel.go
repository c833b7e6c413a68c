package exchange

import "github.com/smk-go/smk/gen/msg"

// Cancel is a request to cancel an order.
type Cancel struct {
	OrderID      uint64
	Reference    uint64
	HasReference bool
}

// SubmitCancel is Login.Cancel for an account that is not logged in. It panics if there is no such
// account.
func (x *Exchange) SubmitCancel(username string, id uint64) Rejection {
	return x.internalLogin(username).Cancel(&Cancel{OrderID: id})
}

// Cancel cancels what is available of an order.
func (l *Login) Cancel(c *Cancel) Rejection {
	x := l.exchange
	if reason := x.takeForcedReject(msg.PayloadOrderCancel); reason != 0 {
		return l.RejectCancel(c, msg.OrderCancelRejectedReason(reason))
	}
	o := l.findOrder(c.OrderID)
	switch {
	case x.unavailable:
		return l.RejectCancel(c, msg.OrderCancelRejectedServiceTemporarilyUnavailable)
	case o == nil:
		return l.RejectCancel(c, msg.OrderCancelRejectedNotFound)
	case o.state != OrderLive:
		return l.RejectCancel(c, msg.OrderCancelRejectedNotLive)
	}
	x.removeOrder(o, OrderCancelled)
	x.publish()
	x.reportCancelled(o, l, msg.OrderCancelledMemberRequested, c)
	x.retire(o)
	return Rejection{}
}

// findOrder returns the account's order of an id, or nil.
func (l *Login) findOrder(id uint64) *order {
	if o := l.exchange.orders.find(id); o != nil && o.account == l.account {
		return o
	}
	return nil
}

// reportCancelled reports the cancel of an order, with the reference of the request if there is one.
func (x *Exchange) reportCancelled(o *order, origin *Login, reason msg.OrderCancelledReason, request *Cancel) {
	r := x.newReport(msg.PayloadOrderCancelled, o)
	r.Reason, r.HasReference = int32(reason), false
	if request != nil {
		r.Reference, r.HasReference = request.Reference, request.HasReference
	}
	x.report(o.account, origin, r)
}

// RejectCancel rejects a cancel without carrying it out.
func (l *Login) RejectCancel(c *Cancel, reason msg.OrderCancelRejectedReason) Rejection {
	x := l.exchange
	if o := l.findOrder(c.OrderID); o != nil {
		x.newReport(msg.PayloadOrderCancelRejected, o)
	} else {
		x.buf.report = Report{Type: msg.PayloadOrderCancelRejected, OrderID: c.OrderID}
	}
	r := &x.buf.report
	r.Reason, r.Reference, r.HasReference = int32(reason), c.Reference, c.HasReference
	x.report(l.account, l, r)
	return Rejection{Reason: int32(reason)}
}

// CancelAll is a request to cancel every order of the account.
type CancelAll struct {
	Market       uint32 // 0 means every market
	Reference    uint64
	HasReference bool
}

// CancelAll cancels the account's orders in one market or in every one, oldest first. The acceptance is
// reported before the single cancels.
func (l *Login) CancelAll(c *CancelAll) Rejection {
	x := l.exchange
	if x.unavailable || x.takeForcedReject(msg.PayloadOrderCancelAll) != 0 {
		return l.RejectCancelAll(c, msg.OrderCancelAllRejectedUnknownError)
	}
	x.removeLive(l.account, c.Market)
	x.publish()
	x.buf.report = Report{Type: msg.PayloadOrderCancelAllAccepted, Reference: c.Reference, HasReference: c.HasReference}
	x.report(l.account, l, &x.buf.report)
	x.reportRemoved(msg.OrderCancelledMemberRequested)
	return Rejection{}
}

// removeLive removes an account's orders from their books and appends them to buf.removed.
func (x *Exchange) removeLive(a *account, market uint32) {
	for o := a.liveHead; o != nil; {
		next := o.liveNext
		if market == 0 || o.contract.market.id == market {
			x.removeOrder(o, OrderCancelled)
			x.buf.removed = append(x.buf.removed, o)
		}
		o = next
	}
}

// reportRemoved reports and retires the orders of buf.removed.
func (x *Exchange) reportRemoved(reason msg.OrderCancelledReason) {
	for i, o := range x.buf.removed {
		x.reportCancelled(o, nil, reason, nil)
		x.retire(o)
		x.buf.removed[i] = nil
	}
	x.buf.removed = x.buf.removed[:0]
}

// RejectCancelAll rejects a cancel-all without carrying it out.
func (l *Login) RejectCancelAll(c *CancelAll, reason msg.OrderCancelAllRejectedReason) Rejection {
	x := l.exchange
	x.buf.report = Report{
		Type: msg.PayloadOrderCancelAllRejected, Reason: int32(reason),
		Reference: c.Reference, HasReference: c.HasReference,
	}
	x.report(l.account, l, &x.buf.report)
	return Rejection{Reason: int32(reason)}
}

// CancelAccount cancels every order of an account whose client is disconnected or silent. It panics if
// there is no such account.
func (x *Exchange) CancelAccount(username string) {
	x.removeLive(x.internalLogin(username).account, 0)
	x.publish()
	x.reportRemoved(msg.OrderCancelledMemberRequested)
}
