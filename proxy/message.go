package proxy

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// report is a message about an order, or the answer to a request.
type report struct {
	typ  msg.PayloadType
	body exchange.Message
}

// The fields that bodies have in common. A body without a field does not have its methods.
type (
	withOrder interface {
		GetOrderId() uint64
		HasOrderId() bool
	}
	withOriginal interface {
		GetOrigOrderId() uint64
	}
	withReference interface {
		HasReference() bool
		GetReference() uint64
		SetReference(uint64)
		ClearReference()
	}
	withLabel interface {
		HasLabel() bool
		GetLabel() []byte
		SetLabelString(string)
		ClearLabel()
	}
	withBalance interface {
		ClearAvailableBalance()
		ClearExposure()
	}
	withSequence interface {
		SetAccountSequence(uint32)
		SetAccountSequence_64(uint64)
	}
	withExecutions interface {
		executions
		SetExecutedQuantity(uint64)
		SetExecutedAvgPrice(uint32)
	}
	withAvailable interface {
		HasAvailableQuantity() bool
		GetAvailableQuantity() uint64
		SetAvailableQuantity(uint64)
	}
	withPlace interface {
		GetMarketId() uint32
		GetContractId() uint32
		GetSide() msg.Side
		GetPrice() uint32
		GetQuantity() uint64
	}
	withSeq interface {
		SetSeq(uint64)
	}
)

// reportOf returns the body of a message about an order, and false for any other message.
func reportOf(p *msg.Payload) (r report, ok bool) {
	r.typ = p.GetType()
	switch r.typ {
	case msg.PayloadOrderAccepted:
		r.body = p.GetOrderAccepted()
	case msg.PayloadOrderRejected:
		r.body = p.GetOrderRejected()
	case msg.PayloadOrderInvalid:
		r.body = p.GetOrderInvalid()
	case msg.PayloadOrderExecuted:
		r.body = p.GetOrderExecuted()
	case msg.PayloadOrderExecuteConfirmed:
		r.body = p.GetOrderExecuteConfirmed()
	case msg.PayloadOrderExecuteVoided:
		r.body = p.GetOrderExecuteVoided()
	case msg.PayloadOrderCancelled:
		r.body = p.GetOrderCancelled()
	case msg.PayloadOrderCancelRejected:
		r.body = p.GetOrderCancelRejected()
	case msg.PayloadOrderCancelAllAccepted:
		r.body = p.GetOrderCancelAllAccepted()
	case msg.PayloadOrderCancelAllRejected:
		r.body = p.GetOrderCancelAllRejected()
	case msg.PayloadOrderQuantityReduced:
		r.body = p.GetOrderQuantityReduced()
	case msg.PayloadOrderQuantityReduceRejected:
		r.body = p.GetOrderQuantityReduceRejected()
	case msg.PayloadOrderReduced:
		r.body = p.GetOrderReduced()
	case msg.PayloadOrderVoided:
		r.body = p.GetOrderVoided()
	case msg.PayloadOrderPendingReplace:
		r.body = p.GetOrderPendingReplace()
	case msg.PayloadOrderCancelReplaceAccepted:
		r.body = p.GetOrderCancelReplaceAccepted()
	case msg.PayloadOrderCancelReplaceRejected:
		r.body = p.GetOrderCancelReplaceRejected()
	default:
		return report{}, false
	}
	return r, true
}

// orderID returns the order that a report is about, 0 if it names none.
func (r report) orderID() uint64 {
	if b, ok := r.body.(withOrder); ok && b.GetOrderId() != 0 {
		return b.GetOrderId()
	}
	return r.original()
}

// original returns the order that was, or was to be, replaced; 0 if the report names none.
func (r report) original() uint64 {
	if b, ok := r.body.(withOriginal); ok {
		return b.GetOrigOrderId()
	}
	return 0
}

// newOrder returns the order that a report says is new, 0 if it says so of none.
func (r report) newOrder() uint64 {
	switch b := r.body.(type) {
	case *msg.OrderAccepted:
		return b.GetOrderId()
	case *msg.OrderPendingReplace:
		return b.GetOrderId()
	case *msg.OrderCancelReplaceAccepted:
		return b.GetOrderId()
	}
	return 0
}

// update has a report that a newer one overtook say of its order what is known since: the client counts messages as it
// gets them, and takes the one that it gets later for the newer one.
func (r report) update(o *order, at uint64) {
	if at == 0 || at >= o.stamps.newest {
		return
	}
	if b, ok := r.body.(withExecutions); ok && b.HasExecutedQuantity() {
		b.SetExecutedQuantity(o.Executed)
		b.SetExecutedAvgPrice(o.Average)
	}
	if b, ok := r.body.(withAvailable); ok && b.HasAvailableQuantity() {
		b.SetAvailableQuantity(o.Available)
	}
	switch b := r.body.(type) {
	case *msg.OrderExecuted:
		if b.HasTotalExecutedQuantity() {
			b.SetTotalExecutedQuantity(o.Executed)
			b.SetExecutedAvgPrice(o.Average)
		}
	case *msg.OrderQuantityReduced:
		b.SetNewQuantity(o.Quantity - min(o.Quantity, o.Executed+o.rest)) // if it has ended, without its fills since
	}
}

// reference returns the reference, and false if the report has none.
func (r report) reference() (uint64, bool) {
	if b, ok := r.body.(withReference); ok && b.HasReference() {
		return b.GetReference(), true
	}
	return 0, false
}

// setReference gives the report another reference, or none.
func (r report) setReference(reference uint64, has bool) {
	b, ok := r.body.(withReference)
	switch {
	case !ok:
	case has:
		b.SetReference(reference)
	default:
		b.ClearReference()
	}
}

// label returns the label, "" if the report has none.
func (r report) label() string {
	if b, ok := r.body.(withLabel); ok {
		return string(b.GetLabel())
	}
	return ""
}

// setLabel gives the report another label; "" means none.
func (r report) setLabel(label string) {
	b, ok := r.body.(withLabel)
	switch {
	case !ok:
	case label != "":
		b.SetLabelString(label)
	default:
		b.ClearLabel()
	}
}

// setSequence gives the report an account sequence, as the exchange does: in the field of 64 bits.
func (r report) setSequence(sequence uint64) {
	if b, ok := r.body.(withSequence); ok {
		b.SetAccountSequence(0)
		b.SetAccountSequence_64(sequence)
	}
}

// setSeq gives the report the sequence of the request that it answers; 0 means none, or that it is another login's.
func (r report) setSeq(seq uint64) {
	if b, ok := r.body.(*msg.OrderRejected); ok && seq == 0 {
		b.ClearSeq()
		return
	}
	if b, ok := r.body.(withSeq); ok {
		b.SetSeq(seq)
	}
}

// clearBalance takes out what the report says of the account's money.
func (r report) clearBalance() {
	if b, ok := r.body.(withBalance); ok {
		b.ClearAvailableBalance()
		b.ClearExposure()
	}
}

// ends reports whether a report is the last answer to a request of a type. An order_cancel_replace that was not
// rejected at once has two answers.
func (r report) ends(request msg.PayloadType) bool {
	switch r.typ {
	case msg.PayloadOrderPendingReplace, msg.PayloadOrderExecuted:
		return false
	case msg.PayloadOrderCancelled:
		return request == msg.PayloadOrderCancel
	}
	return true
}

const labelSeparator = "/"

// labelOf returns the label that a client's order has upstream: the client's name, and its own label behind it.
func labelOf(name string, label []byte) string {
	if len(label) == 0 {
		return name
	}
	return name + labelSeparator + string(label)
}

// labelParts returns the name and the client's own label of a label upstream.
func labelParts(label string) (name, own string) {
	for i := range len(label) {
		if label[i] == labelSeparator[0] {
			return label[:i], label[i+1:]
		}
	}
	return label, ""
}
