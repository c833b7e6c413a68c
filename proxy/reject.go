package proxy

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// cancelReason returns the reason of an order_cancel_rejected that says what one of an order_rejected does.
func cancelReason(r msg.OrderRejectedReason) msg.OrderCancelRejectedReason {
	switch r {
	case 0:
		return 0
	case msg.OrderRejectedThrottleExceeded:
		return msg.OrderCancelRejectedThrottleExceeded
	case msg.OrderRejectedAccountSuspended:
		return msg.OrderCancelRejectedAccountSuspended
	case msg.OrderRejectedTradingSuspended:
		return msg.OrderCancelRejectedTradingSuspended
	case msg.OrderRejectedCapacityReached:
		return msg.OrderCancelRejectedCapacityReached
	case msg.OrderRejectedLimitExceeded:
		return msg.OrderCancelRejectedLimitExceeded
	case msg.OrderRejectedStakeLimitExceeded:
		return msg.OrderCancelRejectedStakeLimitExceeded
	case msg.OrderRejectedMarketNotFound:
		return msg.OrderCancelRejectedMarketNotFound
	}
	return msg.OrderCancelRejectedServiceTemporarilyUnavailable
}

// reduceReason is cancelReason for an order_quantity_reduce_rejected.
func reduceReason(r msg.OrderRejectedReason) msg.OrderQuantityReduceRejectedReason {
	switch r {
	case 0:
		return 0
	case msg.OrderRejectedThrottleExceeded:
		return msg.OrderQuantityReduceRejectedThrottleExceeded
	}
	return msg.OrderQuantityReduceRejectedCapacityReached
}

// answer returns a message of the proxy's own, made in p.out.
func (p *Proxy) answer(fill func(*msg.Payload)) report {
	p.out.Reset()
	fill(&p.out)
	r, ok := reportOf(&p.out)
	if !ok {
		panic("BUG: proxy: no report")
	}
	return r
}

// Reject implements gateway.Login.
func (l *login) Reject(c *exchange.Create, reason msg.OrderRejectedReason) {
	l.proxy.reject(l.client, l, c.Seq, c.Reference, c.HasReference, string(c.Label), nil, reason)
}

// reject rejects an order_create. o is the order that it would have made, nil if there is none.
func (p *Proxy) reject(c *client, l *login, seq, reference uint64, has bool, label string, o *order,
	reason msg.OrderRejectedReason,
) {
	r := p.answer(func(m *msg.Payload) { m.MutableOrderRejected().SetReason(reason) })
	r.setReference(reference, has)
	r.setLabel(label)
	p.stats.Rejected++
	p.deliver(c, r, o, l, seq, 0)
}

// RejectCancel implements gateway.Login.
func (l *login) RejectCancel(c *exchange.Cancel, reason msg.OrderCancelRejectedReason) exchange.Rejection {
	l.proxy.rejectCancel(l.client, c.OrderID, 0, c.Reference, c.HasReference, reason)
	return exchange.Rejection{Reason: int32(reason)}
}

// rejectCancel rejects an order_cancel, or if original is not 0 an order_cancel_replace.
func (p *Proxy) rejectCancel(c *client, id, original, reference uint64, has bool,
	reason msg.OrderCancelRejectedReason,
) {
	r := p.answer(func(m *msg.Payload) {
		b := m.MutableOrderCancelRejected()
		b.SetReason(reason)
		if original != 0 {
			b.SetOrigOrderId(original)
		} else {
			b.SetOrderId(id)
		}
		if o := p.orders.byID[max(id, original)]; o != nil && o.client == c {
			b.SetMarketId(o.Market)
			b.SetContractId(o.Contract)
			b.SetSide(o.Side)
			if o.Label != "" {
				b.SetLabelString(o.Label)
			}
		}
	})
	r.setReference(reference, has)
	p.stats.Rejected++
	p.deliver(c, r, nil, nil, 0, 0)
}

// RejectReplace implements gateway.Login.
func (l *login) RejectReplace(c *exchange.Replace, reason msg.OrderCancelRejectedReason) exchange.Rejection {
	l.proxy.rejectCancel(l.client, 0, c.OrigOrderID, c.Reference, c.HasReference, reason)
	return exchange.Rejection{Reason: int32(reason)}
}

// RejectCancelAll implements gateway.Login.
func (l *login) RejectCancelAll(c *exchange.CancelAll, reason msg.OrderCancelAllRejectedReason) exchange.Rejection {
	p := l.proxy
	r := p.answer(func(m *msg.Payload) { m.MutableOrderCancelAllRejected().SetReason(reason) })
	r.setReference(c.Reference, c.HasReference)
	p.stats.Rejected++
	p.deliver(l.client, r, nil, nil, 0, 0)
	return exchange.Rejection{Reason: int32(reason)}
}

// RejectReduce implements gateway.Login.
func (l *login) RejectReduce(c *exchange.Reduce, reason msg.OrderQuantityReduceRejectedReason) exchange.Rejection {
	l.proxy.rejectReduce(l.client, c.OrderID, c.NewQuantity, c.Reference, c.HasReference, reason)
	return exchange.Rejection{Reason: int32(reason)}
}

func (p *Proxy) rejectReduce(c *client, id, quantity, reference uint64, has bool,
	reason msg.OrderQuantityReduceRejectedReason,
) {
	r := p.answer(func(m *msg.Payload) {
		b := m.MutableOrderQuantityReduceRejected()
		b.SetOrderId(id)
		b.SetNewQuantity(quantity)
		b.SetReason(reason)
		if o := p.orders.byID[id]; o != nil && o.client == c && o.Label != "" {
			b.SetLabelString(o.Label)
		}
	})
	r.setReference(reference, has)
	p.stats.Rejected++
	p.deliver(c, r, nil, nil, 0, 0)
}
