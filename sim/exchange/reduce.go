package exchange

import "github.com/smk-go/smk/gen/msg"

// Reduce is a request to reduce the available quantity of an order, which keeps its place in the queue.
type Reduce struct {
	OrderID      uint64
	NewQuantity  uint64 // the new available quantity; at least 1 and less than the current one
	Reference    uint64
	HasReference bool
}

// Reduce reduces the available quantity of an order.
func (l *Login) Reduce(c *Reduce) Rejection {
	x := l.exchange
	if reason := x.takeForcedReject(msg.PayloadOrderQuantityReduce); reason != 0 {
		return l.RejectReduce(c, msg.OrderQuantityReduceRejectedReason(reason))
	}
	o := l.findOrder(c.OrderID)
	switch {
	case x.unavailable:
		return l.RejectReduce(c, msg.OrderQuantityReduceRejectedCapacityReached)
	case o == nil:
		return l.RejectReduce(c, msg.OrderQuantityReduceRejectedNotFound)
	case o.state != OrderLive:
		return l.RejectReduce(c, msg.OrderQuantityReduceRejectedNotLive)
	case c.NewQuantity == 0 || c.NewQuantity >= o.available:
		return l.RejectReduce(c, msg.OrderQuantityReduceRejectedInvalidNewQuantity)
	}
	off := o.available - c.NewQuantity
	o.ladder().reduce(o.key(), off)
	o.account.resting -= Liability(sideOf(int(o.side)), off, o.price)
	o.available -= off
	o.quantity -= off
	x.markChanged(o.contract)
	x.publish()
	r := x.newReport(msg.PayloadOrderQuantityReduced, o)
	r.Reason, r.NewQuantity = int32(msg.OrderQuantityReducedMemberRequested), c.NewQuantity
	r.Reference, r.HasReference = c.Reference, c.HasReference
	x.report(l.account, l, r)
	return Rejection{}
}

// RejectReduce rejects a reduce without carrying it out.
func (l *Login) RejectReduce(c *Reduce, reason msg.OrderQuantityReduceRejectedReason) Rejection {
	x := l.exchange
	x.buf.report = Report{Type: msg.PayloadOrderQuantityReduceRejected, OrderID: c.OrderID}
	if o := l.findOrder(c.OrderID); o != nil {
		x.buf.report.Label = o.label
	}
	r := &x.buf.report
	r.Reason, r.NewQuantity = int32(reason), c.NewQuantity
	r.Reference, r.HasReference = c.Reference, c.HasReference
	x.report(l.account, l, r)
	return Rejection{Reason: int32(reason)}
}
