package exchange

import "github.com/smk-go/smk/gen/msg"

// Reduce asks for less of an order to be on the book, at its place in the queue.
type Reduce struct {
	OrderID      uint64
	NewQuantity  uint64 // what is to be available; at least 1 and less than now
	Reference    uint64
	HasReference bool
}

// Reduce lowers what is available of an order.
func (s *Login) Reduce(c *Reduce) Rejection {
	x := s.exchange
	if reason := x.takeForcedReject(msg.PayloadOrderQuantityReduce); reason != 0 {
		return s.RejectReduce(c, msg.OrderQuantityReduceRejectedReason(reason))
	}
	o := s.findOrder(c.OrderID)
	switch {
	case x.unavailable:
		return s.RejectReduce(c, msg.OrderQuantityReduceRejectedCapacityReached)
	case o == nil:
		return s.RejectReduce(c, msg.OrderQuantityReduceRejectedNotFound)
	case o.state != OrderLive:
		return s.RejectReduce(c, msg.OrderQuantityReduceRejectedNotLive)
	case c.NewQuantity == 0 || c.NewQuantity >= o.available:
		return s.RejectReduce(c, msg.OrderQuantityReduceRejectedInvalidNewQuantity)
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
	x.report(s.account, s, r)
	return Rejection{}
}

// RejectReduce answers a reduce that is not carried out.
func (s *Login) RejectReduce(c *Reduce, reason msg.OrderQuantityReduceRejectedReason) Rejection {
	x := s.exchange
	x.scratch = Report{Type: msg.PayloadOrderQuantityReduceRejected, OrderID: c.OrderID}
	if o := s.findOrder(c.OrderID); o != nil {
		x.scratch.Label = o.label
	}
	r := &x.scratch
	r.Reason, r.NewQuantity = int32(reason), c.NewQuantity
	r.Reference, r.HasReference = c.Reference, c.HasReference
	x.report(s.account, s, r)
	return Rejection{Reason: int32(reason)}
}
