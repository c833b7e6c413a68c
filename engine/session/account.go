package session

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// account is the memory of the account's sequence, which outlives sessions.
type account struct {
	last    uint64 // the last number that was applied, 0 for none
	current uint64 // likewise once the message at hand is handled
	first   bool   // the next number is the first after a login that resumed
}

// accountSequence returns the account sequence of a message of a type that is
// numbered, 0 if it has none.
func accountSequence(p *msg.Payload, typ msg.PayloadType, last uint64) uint64 {
	switch typ {
	case msg.PayloadOrderRejected:
		m := p.GetOrderRejected()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderAccepted:
		m := p.GetOrderAccepted()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderExecuted:
		m := p.GetOrderExecuted()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderCancelled:
		m := p.GetOrderCancelled()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderCancelRejected:
		m := p.GetOrderCancelRejected()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderExecuteVoided:
		m := p.GetOrderExecuteVoided()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderExecuteConfirmed:
		m := p.GetOrderExecuteConfirmed()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderQuantityReduced:
		m := p.GetOrderQuantityReduced()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderQuantityReduceRejected:
		m := p.GetOrderQuantityReduceRejected()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderReduced:
		m := p.GetOrderReduced()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderCancelAllAccepted:
		m := p.GetOrderCancelAllAccepted()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderCancelAllRejected:
		m := p.GetOrderCancelAllRejected()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderVoided:
		m := p.GetOrderVoided()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderPendingReplace:
		m := p.GetOrderPendingReplace()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderCancelReplaceAccepted:
		m := p.GetOrderCancelReplaceAccepted()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	case msg.PayloadOrderCancelReplaceRejected:
		m := p.GetOrderCancelReplaceRejected()
		return numberIn(m.HasAccountSequence_64(), m.GetAccountSequence_64(), m.GetAccountSequence(), last)
	}
	panic("BUG: session: not a numbered message: " + typ.String())
}

// numberIn decides between the two fields of an account sequence. The 64-bit one
// counts. Without it the 32-bit one does, unless nothing new fits 32 bits: a number
// cut short must not make a new message look old.
func numberIn(has bool, long uint64, short uint32, last uint64) uint64 {
	switch {
	case has:
		return long
	case last >= math.MaxUint32:
		return 0
	}
	return uint64(short)
}
