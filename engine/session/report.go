package session

import "github.com/smk-go/smk/gen/msg"

// reportKeys reads what the session needs of a message about orders: its account
// sequence, 0 if it has none, and, if it may answer a request, by what that is found.
// kind is 0 if it answers none; reference, if not 0, counts before kind and key.
// throttled says that the request was refused because we were too fast. mark stands for
// what the message says; see markOf.
//
// It is one function with many results because it is called for each of these
// messages: one jump to the type's line, and the results stay in registers.
func reportKeys(p *msg.Payload, typ msg.PayloadType, last uint64) (
	number, reference uint64, kind keyKind, key uint64, throttled bool, mark uint64,
) {
	switch typ {
	case msg.PayloadOrderInvalid:
		m := p.GetOrderInvalid()
		reference, kind, key = m.GetReference(), bySequence, m.GetSeq()
	case msg.PayloadOrderRejected:
		m := p.GetOrderRejected()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), bySequence, m.GetSeq()
		throttled = m.GetReason() == msg.OrderRejectedThrottleExceeded
		mark = markOf(typ, m.GetReference(), uint64(m.GetReason()), 0) // other sessions are told no sequence
	case msg.PayloadOrderAccepted:
		m := p.GetOrderAccepted()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), bySequence, m.GetSeq()
		mark = markOf(typ, m.GetOrderId(), m.GetReference(), 0)
	case msg.PayloadOrderExecuted:
		m := p.GetOrderExecuted()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		mark = markOf(typ, m.GetOrderId(), m.GetQuantity(), m.GetTotalExecutedQuantity())
	case msg.PayloadOrderCancelled:
		m := p.GetOrderCancelled()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), byOrder, m.GetOrderId()
		mark = markOf(typ, m.GetOrderId(), uint64(m.GetReason()), m.GetReference())
	case msg.PayloadOrderCancelRejected:
		m := p.GetOrderCancelRejected()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), byOrder, m.GetOrderId()
		if !m.HasOrderId() {
			key = m.GetOrigOrderId()
		}
		throttled = m.GetReason() == msg.OrderCancelRejectedThrottleExceeded
		mark = markOf(typ, key, uint64(m.GetReason()), m.GetReference())
	case msg.PayloadOrderExecuteVoided:
		m := p.GetOrderExecuteVoided()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		mark = markOf(typ, m.GetOrderId(), m.GetQuantity(), m.GetExecutedQuantity())
	case msg.PayloadOrderExecuteConfirmed:
		m := p.GetOrderExecuteConfirmed()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		mark = markOf(typ, m.GetOrderId(), m.GetQuantity(), uint64(m.GetPrice()))
	case msg.PayloadOrderQuantityReduced:
		m := p.GetOrderQuantityReduced()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), byOrder, m.GetOrderId()
		mark = markOf(typ, m.GetOrderId(), m.GetNewQuantity(), m.GetReference())
	case msg.PayloadOrderQuantityReduceRejected:
		m := p.GetOrderQuantityReduceRejected()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), byOrder, m.GetOrderId()
		throttled = m.GetReason() == msg.OrderQuantityReduceRejectedThrottleExceeded
		mark = markOf(typ, m.GetOrderId(), uint64(m.GetReason()), m.GetReference())
	case msg.PayloadOrderReduced:
		m := p.GetOrderReduced()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		mark = markOf(typ, m.GetOrderId(), m.GetQuantity(), m.GetSourceQuantity())
	case msg.PayloadOrderCancelAllAccepted:
		m := p.GetOrderCancelAllAccepted()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind = m.GetReference(), byOrder
		mark = markOf(typ, m.GetReference(), 0, 0)
	case msg.PayloadOrderCancelAllRejected:
		m := p.GetOrderCancelAllRejected()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind = m.GetReference(), byOrder
		mark = markOf(typ, m.GetReference(), 0, 0)
	case msg.PayloadOrderVoided:
		m := p.GetOrderVoided()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		mark = markOf(typ, m.GetOrderId(), 0, 0)
	case msg.PayloadOrderPendingReplace:
		m := p.GetOrderPendingReplace()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), byOrder, m.GetOrigOrderId()
		mark = markOf(typ, m.GetOrderId(), m.GetOrigOrderId(), m.GetReference())
	case msg.PayloadOrderCancelReplaceAccepted:
		m := p.GetOrderCancelReplaceAccepted()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), byOrder, m.GetOrigOrderId()
		mark = markOf(typ, m.GetOrderId(), m.GetOrigOrderId(), m.GetReference())
	case msg.PayloadOrderCancelReplaceRejected:
		m := p.GetOrderCancelReplaceRejected()
		number = numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
		reference, kind, key = m.GetReference(), byOrder, m.GetOrigOrderId()
		mark = markOf(typ, m.GetOrderId(), m.GetOrigOrderId(), m.GetReference())
	default:
		panic("BUG: session: not about orders: " + typ.String())
	}
	return number, reference, kind, key, throttled, mark
}
