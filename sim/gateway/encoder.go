package gateway

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// reportEncoder turns reports into messages. It reuses one message of each type.
type reportEncoder struct {
	accepted          msg.OrderAccepted
	rejected          msg.OrderRejected
	invalid           msg.OrderInvalid
	executed          msg.OrderExecuted
	cancelled         msg.OrderCancelled
	cancelRejected    msg.OrderCancelRejected
	cancelAllAccepted msg.OrderCancelAllAccepted
	cancelAllRejected msg.OrderCancelAllRejected
	settings          msg.SettingsAccepted
	rare              rareEncoder
}

// encode returns the message of a report, valid until the next one. Like the real exchange it sets the
// old 32-bit account sequence to 0 and the 64-bit field to the number.
func (b *reportEncoder) encode(r *exchange.Report) exchange.Message {
	switch r.Type {
	case msg.PayloadOrderAccepted:
		return b.encodeAccepted(r)
	case msg.PayloadOrderExecuted:
		return b.encodeExecuted(r)
	case msg.PayloadOrderCancelled:
		return b.encodeCancelled(r)
	case msg.PayloadOrderRejected:
		m := &b.rejected
		m.Reset()
		if r.Seq != 0 {
			m.SetSeq(r.Seq)
		}
		m.SetReason(msg.OrderRejectedReason(r.Reason))
		m.SetAccountSequence(0)
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		m.SetAccountSequence_64(r.AccountSequence)
		if r.Label != "" {
			m.SetLabelString(r.Label)
		}
		return m
	case msg.PayloadOrderInvalid:
		m := &b.invalid
		m.Reset()
		m.SetSeq(r.Seq)
		for _, reason := range r.Invalid[:r.InvalidCount] {
			m.AddReasons(reason)
		}
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		return m
	case msg.PayloadOrderCancelRejected:
		return b.encodeCancelRejected(r)
	case msg.PayloadOrderCancelAllAccepted:
		m := &b.cancelAllAccepted
		m.Reset()
		m.SetAccountSequence(0)
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		m.SetAccountSequence_64(r.AccountSequence)
		return m
	case msg.PayloadOrderCancelAllRejected:
		m := &b.cancelAllRejected
		m.Reset()
		m.SetReason(msg.OrderCancelAllRejectedReason(r.Reason))
		m.SetAccountSequence(0)
		if r.HasReference {
			m.SetReference(r.Reference)
		}
		m.SetAccountSequence_64(r.AccountSequence)
		return m
	}
	return b.rare.encode(r)
}

func (b *reportEncoder) encodeAccepted(r *exchange.Report) exchange.Message {
	m := &b.accepted
	m.Reset()
	m.SetSeq(r.Seq)
	m.SetAccountSequence(0)
	if r.HasReference {
		m.SetReference(r.Reference)
	}
	m.SetPrice(r.Price)
	m.SetQuantity(r.Quantity)
	m.SetOrderId(r.OrderID)
	m.SetAccountSequence_64(r.AccountSequence)
	m.SetAvailableBalance(r.AvailableBalance.Float())
	m.SetExposure(r.Exposure.Float())
	m.SetContractId(r.Contract)
	m.SetSide(r.Side)
	m.SetMarketId(r.Market)
	if r.Label != "" {
		m.SetLabelString(r.Label)
	}
	return m
}

func (b *reportEncoder) encodeExecuted(r *exchange.Report) exchange.Message {
	m := &b.executed
	m.Reset()
	m.SetPrice(r.Price)
	m.SetQuantityType(msg.QuantityPayoffCurrency)
	m.SetQuantity(r.Quantity)
	m.SetAccountSequence(0)
	m.SetPendingTimeout(r.PendingTimeout)
	m.SetOrderId(r.OrderID)
	m.SetSide(r.Side)
	m.SetMarketId(r.Market)
	m.SetContractId(r.Contract)
	m.SetAccountSequence_64(r.AccountSequence)
	m.SetTotalExecutedQuantity(r.ExecutedQuantity)
	m.SetExecutedAvgPrice(r.AveragePrice)
	m.SetAvailableQuantity(r.AvailableQuantity)
	m.SetOrigPrice(r.OrigPrice)
	m.SetAvailableBalance(r.AvailableBalance.Float())
	m.SetExposure(r.Exposure.Float())
	if r.Label != "" {
		m.SetLabelString(r.Label)
	}
	return m
}

func (b *reportEncoder) encodeCancelled(r *exchange.Report) exchange.Message {
	m := &b.cancelled
	m.Reset()
	m.SetReason(msg.OrderCancelledReason(r.Reason))
	m.SetAccountSequence(0)
	if r.HasReference {
		m.SetReference(r.Reference)
	}
	m.SetOrderId(r.OrderID)
	m.SetExecutedQuantity(r.ExecutedQuantity)
	m.SetExecutedAvgPrice(r.AveragePrice)
	m.SetAccountSequence_64(r.AccountSequence)
	m.SetMarketId(r.Market)
	m.SetContractId(r.Contract)
	m.SetSide(r.Side)
	m.SetOrigPrice(r.OrigPrice)
	m.SetAvailableBalance(r.AvailableBalance.Float())
	m.SetExposure(r.Exposure.Float())
	if r.Label != "" {
		m.SetLabelString(r.Label)
	}
	return m
}

func (b *reportEncoder) encodeCancelRejected(r *exchange.Report) exchange.Message {
	m := &b.cancelRejected
	m.Reset()
	m.SetReason(msg.OrderCancelRejectedReason(r.Reason))
	m.SetAccountSequence(0)
	if r.HasReference {
		m.SetReference(r.Reference)
	}
	if r.OrderID != 0 {
		m.SetOrderId(r.OrderID)
	}
	m.SetAccountSequence_64(r.AccountSequence)
	if r.OrigOrderID != 0 {
		m.SetOrigOrderId(r.OrigOrderID)
	}
	if r.Market != 0 { // the order is known
		m.SetMarketId(r.Market)
		m.SetContractId(r.Contract)
		m.SetSide(r.Side)
		if r.Label != "" {
			m.SetLabelString(r.Label)
		}
	}
	return m
}
