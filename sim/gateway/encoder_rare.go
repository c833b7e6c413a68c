package gateway

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// rareEncoder is reportEncoder for the less frequent types.
type rareEncoder struct {
	balance         msg.BalanceChanged
	confirmed       msg.OrderExecuteConfirmed
	executeVoided   msg.OrderExecutedVoid
	reduced         msg.OrderQuantityReduced
	reduceRejected  msg.OrderQuantityReduceRejected
	pendingReplace  msg.OrderPendingReplace
	replaceAccepted msg.OrderCancelReplaceAccepted
	replaceRejected msg.OrderCancelReplaceRejected
	runnerReduced   msg.OrderReduced
	voided          msg.OrderVoided
}

func (b *rareEncoder) encode(r *exchange.Report) exchange.Message {
	switch r.Type {
	case msg.PayloadBalanceChanged:
		m := &b.balance
		m.Reset()
		m.SetReasonString(r.Label)
		m.SetAvailableBalance(r.AvailableBalance.Float())
		m.SetExposure(r.Exposure.Float())
		return m
	case msg.PayloadOrderExecuteConfirmed:
		m := &b.confirmed
		m.Reset()
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetAccountSequence(0)
		m.SetOrderId(r.OrderID)
		m.SetAccountSequence_64(r.AccountSequence)
		if r.Label != "" {
			m.SetLabelString(r.Label)
		}
		return m
	case msg.PayloadOrderExecuteVoided:
		return b.encodeExecuteVoided(r)
	case msg.PayloadOrderQuantityReduced:
		return b.encodeReduced(r)
	case msg.PayloadOrderQuantityReduceRejected:
		m := &b.reduceRejected
		m.Reset()
		m.SetOrderId(r.OrderID)
		m.SetReason(msg.OrderQuantityReduceRejectedReason(r.Reason))
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		m.SetNewQuantity(r.NewQuantity)
		m.SetAccountSequence(0)
		m.SetAccountSequence_64(r.AccountSequence)
		if r.Label != "" {
			m.SetLabelString(r.Label)
		}
		return m
	case msg.PayloadOrderReduced:
		return b.encodeRunnerReduced(r)
	case msg.PayloadOrderVoided:
		return b.encodeVoided(r)
	}
	return b.encodeReplace(r)
}

func (b *rareEncoder) encodeExecuteVoided(r *exchange.Report) exchange.Message {
	m := &b.executeVoided
	m.Reset()
	m.SetPrice(r.Price)
	m.SetQuantityType(msg.QuantityPayoffCurrency)
	m.SetQuantity(r.Quantity)
	m.SetAccountSequence(0)
	m.SetOrderId(r.OrderID)
	m.SetAccountSequence_64(r.AccountSequence)
	m.SetMarketId(r.Market)
	m.SetContractId(r.Contract)
	m.SetSide(r.Side)
	m.SetOrigPrice(r.OrigPrice)
	m.SetExecutedQuantity(r.ExecutedQuantity)
	m.SetExecutedAvgPrice(r.AveragePrice)
	m.SetAvailableQuantity(r.AvailableQuantity)
	m.SetAvailableBalance(r.AvailableBalance.Float())
	m.SetExposure(r.Exposure.Float())
	if r.Label != "" {
		m.SetLabelString(r.Label)
	}
	return m
}

func (b *rareEncoder) encodeReduced(r *exchange.Report) exchange.Message {
	m := &b.reduced
	m.Reset()
	m.SetOrderId(r.OrderID)
	m.SetReason(msg.OrderQuantityReducedReason(r.Reason))
	if r.HasReference {
		m.SetReference(r.Reference)
	}
	m.SetNewQuantity(r.NewQuantity)
	m.SetAccountSequence(0)
	m.SetAccountSequence_64(r.AccountSequence)
	m.SetMarketId(r.Market)
	m.SetContractId(r.Contract)
	m.SetSide(r.Side)
	m.SetOrigPrice(r.OrigPrice)
	m.SetExecutedQuantity(r.ExecutedQuantity)
	m.SetExecutedAvgPrice(r.AveragePrice)
	if r.Label != "" {
		m.SetLabelString(r.Label)
	}
	return m
}

func (b *rareEncoder) encodeRunnerReduced(r *exchange.Report) exchange.Message {
	m := &b.runnerReduced
	m.Reset()
	m.SetOrderId(r.OrderID)
	m.SetPrice(r.Price)
	m.SetQuantity(r.Quantity)
	m.SetSourceQuantity(r.SourceQuantity)
	m.SetAccountSequence(0)
	m.SetAccountSequence_64(r.AccountSequence)
	m.SetMarketId(r.Market)
	m.SetContractId(r.Contract)
	m.SetSide(r.Side)
	m.SetOrigPrice(r.OrigPrice)
	m.SetExecutedQuantity(r.ExecutedQuantity)
	m.SetExecutedAvgPrice(r.AveragePrice)
	m.SetAvailableQuantity(r.AvailableQuantity)
	if r.Label != "" {
		m.SetLabelString(r.Label)
	}
	return m
}

func (b *rareEncoder) encodeVoided(r *exchange.Report) exchange.Message {
	m := &b.voided
	m.Reset()
	m.SetOrderId(r.OrderID)
	m.SetQuantity(r.Quantity)
	m.SetSourceQuantity(r.SourceQuantity)
	m.SetAccountSequence(0)
	m.SetAccountSequence_64(r.AccountSequence)
	m.SetMarketId(r.Market)
	m.SetContractId(r.Contract)
	m.SetSide(r.Side)
	m.SetOrigPrice(r.OrigPrice)
	m.SetExecutedQuantity(r.ExecutedQuantity)
	m.SetExecutedAvgPrice(r.AveragePrice)
	if r.Label != "" {
		m.SetLabelString(r.Label)
	}
	return m
}

// encodeReplace is encode for the stages of a cancel-replace.
func (b *rareEncoder) encodeReplace(r *exchange.Report) exchange.Message {
	switch r.Type {
	case msg.PayloadOrderPendingReplace:
		m := &b.pendingReplace
		m.Reset()
		m.SetOrderId(r.OrderID)
		m.SetOrigOrderId(r.OrigOrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetAccountSequence(0)
		m.SetAccountSequence_64(r.AccountSequence)
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		if r.Label != "" {
			m.SetLabelString(r.Label)
		}
		m.SetMarketId(r.Market)
		m.SetContractId(r.Contract)
		m.SetSide(r.Side)
		return m
	case msg.PayloadOrderCancelReplaceAccepted:
		m := &b.replaceAccepted
		m.Reset()
		m.SetOrderId(r.OrderID)
		m.SetOrigOrderId(r.OrigOrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetQuantityLeft(r.AvailableQuantity)
		m.SetAccountSequence(0)
		m.SetAccountSequence_64(r.AccountSequence)
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		if r.Label != "" {
			m.SetLabelString(r.Label)
		}
		m.SetMarketId(r.Market)
		m.SetContractId(r.Contract)
		m.SetSide(r.Side)
		return m
	case msg.PayloadOrderCancelReplaceRejected:
		m := &b.replaceRejected
		m.Reset()
		m.SetOrderId(r.OrderID)
		m.SetOrigOrderId(r.OrigOrderID)
		m.SetReason(msg.OrderCancelReplaceRejectedReason(r.Reason))
		m.SetAccountSequence(0)
		m.SetAccountSequence_64(r.AccountSequence)
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		if r.Label != "" {
			m.SetLabelString(r.Label)
		}
		m.SetMarketId(r.Market)
		m.SetContractId(r.Contract)
		m.SetSide(r.Side)
		return m
	}
	panic("BUG: sim: no message for a report of type " + r.Type.String())
}
