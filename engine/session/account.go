package session

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// account is the memory of the account's sequence, which outlives sessions.
type account struct {
	last    uint64 // the last number that was applied, 0 for none
	current uint64 // of the message being handled, 0 for none
	first   bool   // the next number is the first after a login that resumed
}

// settle counts the message that was handled.
func (a *account) settle() {
	if a.current != 0 {
		a.last, a.current = a.current, 0
	}
}

// numbered is what messages with an account sequence have in common.
type numbered interface {
	GetAccountSequence() uint32
	HasAccountSequence_64() bool
	GetAccountSequence_64() uint64
}

// accountSequence returns the account sequence of a message, 0 if it has none, and
// whether messages of its type are about orders. The 64-bit field counts. Without it
// the 32-bit one does, unless nothing new fits 32 bits: a number cut short must not
// make a new message look old.
func accountSequence(p *msg.Payload, last uint64) (number uint64, order bool) {
	var m numbered
	switch p.GetType() {
	case msg.PayloadOrderRejected:
		m = p.GetOrderRejected()
	case msg.PayloadOrderAccepted:
		m = p.GetOrderAccepted()
	case msg.PayloadOrderExecuted:
		m = p.GetOrderExecuted()
	case msg.PayloadOrderCancelled:
		m = p.GetOrderCancelled()
	case msg.PayloadOrderCancelRejected:
		m = p.GetOrderCancelRejected()
	case msg.PayloadOrderExecuteVoided:
		m = p.GetOrderExecuteVoided()
	case msg.PayloadOrderExecuteConfirmed:
		m = p.GetOrderExecuteConfirmed()
	case msg.PayloadOrderQuantityReduced:
		m = p.GetOrderQuantityReduced()
	case msg.PayloadOrderQuantityReduceRejected:
		m = p.GetOrderQuantityReduceRejected()
	case msg.PayloadOrderReduced:
		m = p.GetOrderReduced()
	case msg.PayloadOrderCancelAllAccepted:
		m = p.GetOrderCancelAllAccepted()
	case msg.PayloadOrderCancelAllRejected:
		m = p.GetOrderCancelAllRejected()
	case msg.PayloadOrderVoided:
		m = p.GetOrderVoided()
	case msg.PayloadOrderPendingReplace:
		m = p.GetOrderPendingReplace()
	case msg.PayloadOrderCancelReplaceAccepted:
		m = p.GetOrderCancelReplaceAccepted()
	case msg.PayloadOrderCancelReplaceRejected:
		m = p.GetOrderCancelReplaceRejected()
	default:
		return 0, p.GetType() == msg.PayloadOrderInvalid
	}
	if m.HasAccountSequence_64() {
		return m.GetAccountSequence_64(), true
	}
	if last >= math.MaxUint32 {
		return 0, true
	}
	return uint64(m.GetAccountSequence()), true
}
