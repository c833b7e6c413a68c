package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// must returns a manager.
func must(t testing.TB, c order.Config) *order.Manager {
	t.Helper()
	m, err := order.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// payload returns the message of a report of the exchange, as its server encodes it.
func payload(r *exchange.Report) *msg.Payload {
	p := new(msg.Payload)
	label := []byte(r.Label)
	switch r.Type {
	case msg.PayloadOrderAccepted:
		m := p.MutableOrderAccepted()
		at(m, r)
		number(m, r)
		refer(m, r)
		money(m, r)
		m.SetSeq(r.Seq)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetOrderId(r.OrderID)
		m.SetLabel(label)
	case msg.PayloadOrderRejected:
		m := p.MutableOrderRejected()
		number(m, r)
		refer(m, r)
		if r.Seq != 0 {
			m.SetSeq(r.Seq)
		}
		m.SetReason(msg.OrderRejectedReason(r.Reason))
	case msg.PayloadOrderInvalid:
		m := p.MutableOrderInvalid()
		refer(m, r)
		m.SetSeq(r.Seq)
		for _, reason := range r.Invalid[:r.InvalidCount] {
			m.AddReasons(reason)
		}
	case msg.PayloadOrderExecuted:
		m := p.MutableOrderExecuted()
		at(m, r)
		number(m, r)
		money(m, r)
		m.SetOrderId(r.OrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetPendingTimeout(r.PendingTimeout)
		m.SetTotalExecutedQuantity(r.ExecutedQuantity)
		m.SetExecutedAvgPrice(r.AveragePrice)
		m.SetAvailableQuantity(r.AvailableQuantity)
		m.SetOrigPrice(r.OrigPrice)
	case msg.PayloadOrderCancelled:
		m := p.MutableOrderCancelled()
		at(m, r)
		number(m, r)
		refer(m, r)
		money(m, r)
		executed(m, r)
		m.SetOrderId(r.OrderID)
		m.SetReason(msg.OrderCancelledReason(r.Reason))
	case msg.PayloadOrderCancelRejected:
		m := p.MutableOrderCancelRejected()
		number(m, r)
		refer(m, r)
		if r.Market != 0 {
			at(m, r)
		}
		m.SetReason(msg.OrderCancelRejectedReason(r.Reason))
		if r.OrderID != 0 {
			m.SetOrderId(r.OrderID)
		}
		if r.OrigOrderID != 0 {
			m.SetOrigOrderId(r.OrigOrderID)
		}
	case msg.PayloadBalanceChanged:
		m := p.MutableBalanceChanged()
		money(m, r)
		m.SetReason(label)
	default:
		rare(p, r)
	}
	return p
}

func rare(p *msg.Payload, r *exchange.Report) {
	switch r.Type {
	case msg.PayloadOrderCancelAllAccepted:
		m := p.MutableOrderCancelAllAccepted()
		number(m, r)
		refer(m, r)
	case msg.PayloadOrderCancelAllRejected:
		m := p.MutableOrderCancelAllRejected()
		number(m, r)
		refer(m, r)
		m.SetReason(msg.OrderCancelAllRejectedReason(r.Reason))
	case msg.PayloadOrderExecuteConfirmed:
		m := p.MutableOrderExecuteConfirmed()
		number(m, r)
		m.SetOrderId(r.OrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
	case msg.PayloadOrderExecuteVoided:
		m := p.MutableOrderExecuteVoided()
		at(m, r)
		number(m, r)
		money(m, r)
		executed(m, r)
		m.SetOrderId(r.OrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetAvailableQuantity(r.AvailableQuantity)
	case msg.PayloadOrderQuantityReduced:
		m := p.MutableOrderQuantityReduced()
		at(m, r)
		number(m, r)
		refer(m, r)
		executed(m, r)
		m.SetOrderId(r.OrderID)
		m.SetReason(msg.OrderQuantityReducedReason(r.Reason))
		m.SetNewQuantity(r.NewQuantity)
	case msg.PayloadOrderQuantityReduceRejected:
		m := p.MutableOrderQuantityReduceRejected()
		number(m, r)
		refer(m, r)
		m.SetOrderId(r.OrderID)
		m.SetReason(msg.OrderQuantityReduceRejectedReason(r.Reason))
		m.SetNewQuantity(r.NewQuantity)
	case msg.PayloadOrderReduced:
		m := p.MutableOrderReduced()
		at(m, r)
		number(m, r)
		executed(m, r)
		m.SetOrderId(r.OrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetSourceQuantity(r.SourceQuantity)
		m.SetAvailableQuantity(r.AvailableQuantity)
	case msg.PayloadOrderVoided:
		m := p.MutableOrderVoided()
		at(m, r)
		number(m, r)
		executed(m, r)
		m.SetOrderId(r.OrderID)
		m.SetQuantity(r.Quantity)
		m.SetSourceQuantity(r.SourceQuantity)
	case msg.PayloadOrderPendingReplace:
		m := p.MutableOrderPendingReplace()
		at(m, r)
		number(m, r)
		refer(m, r)
		m.SetOrderId(r.OrderID)
		m.SetOrigOrderId(r.OrigOrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
	case msg.PayloadOrderCancelReplaceAccepted:
		m := p.MutableOrderCancelReplaceAccepted()
		at(m, r)
		number(m, r)
		refer(m, r)
		m.SetOrderId(r.OrderID)
		m.SetOrigOrderId(r.OrigOrderID)
		m.SetPrice(r.Price)
		m.SetQuantity(r.Quantity)
		m.SetQuantityLeft(r.AvailableQuantity)
	case msg.PayloadOrderCancelReplaceRejected:
		m := p.MutableOrderCancelReplaceRejected()
		at(m, r)
		number(m, r)
		refer(m, r)
		m.SetOrderId(r.OrderID)
		m.SetOrigOrderId(r.OrigOrderID)
		m.SetReason(msg.OrderCancelReplaceRejectedReason(r.Reason))
	default:
		panic("BUG: no message for a report of type " + r.Type.String())
	}
}

func at(m interface {
	SetMarketId(uint32)
	SetContractId(uint32)
	SetSide(msg.Side)
}, r *exchange.Report,
) {
	m.SetMarketId(r.Market)
	m.SetContractId(r.Contract)
	m.SetSide(r.Side)
}

func number(m interface {
	SetAccountSequence(uint32)
	SetAccountSequence_64(uint64)
}, r *exchange.Report,
) {
	m.SetAccountSequence(0)
	m.SetAccountSequence_64(r.AccountSequence)
}

func refer(m interface{ SetReference(uint64) }, r *exchange.Report) {
	if r.HasReference {
		m.SetReference(r.Reference)
	}
}

func money(m interface {
	SetAvailableBalance(float64)
	SetExposure(float64)
}, r *exchange.Report,
) {
	m.SetAvailableBalance(r.AvailableBalance.Float())
	m.SetExposure(r.Exposure.Float())
}

func executed(m interface {
	SetExecutedQuantity(uint64)
	SetExecutedAvgPrice(uint32)
	SetOrigPrice(uint32)
}, r *exchange.Report,
) {
	m.SetExecutedQuantity(r.ExecutedQuantity)
	m.SetExecutedAvgPrice(r.AveragePrice)
	m.SetOrigPrice(r.OrigPrice)
}

// create sends and accepts an order.
func create(t testing.TB, m *order.Manager, i uint64, sequence *uint64) {
	k := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy + msg.Side(i%2),
		Market: uint32(i%100) + 1, Contract: uint32(i%1000) + 1,
		Price: uint32(i%9999) + 1, Quantity: 10000, Reference: i + 1,
	}
	if err := m.Admit(&k); err != nil {
		t.Fatal(err)
	}
	if err := m.Sent(&k, i+1, 1); err != nil {
		t.Fatal(err)
	}
	*sequence++
	r := exchange.Report{
		Type: msg.PayloadOrderAccepted, Side: k.Side, AccountSequence: *sequence, OrderID: i<<22 | 5, Market: k.Market,
		Contract: k.Contract, Price: k.Price, Quantity: k.Quantity, Reference: k.Reference, HasReference: true,
	}
	m.Apply(payload(&r), order.Input{Now: 1})
}
