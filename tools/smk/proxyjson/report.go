package proxyjson

import (
	"strconv"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/sim/exchange"
)

// digits returns a number as text.
func digits(n uint64) string { return strconv.FormatUint(n, 10) }

// number is digits, "" for 0.
func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return digits(n)
}

// reportOf returns a message about an order in the format.
func reportOf(m exchange.Message, o *proxy.Order, sequence uint64, replayed bool) *Report {
	r := &Report{
		Event:    words(m.PayloadType().String(), "PAYLOAD_ORDER_"),
		Sequence: number(sequence), Replayed: replayed, Order: orderOf(o),
	}
	if m.PayloadType() == msg.PayloadOrderInvalid {
		r.Sequence = ""
	}
	if b, ok := m.(interface {
		HasReference() bool
		GetReference() uint64
	}); ok && b.HasReference() {
		r.Reference = digits(b.GetReference())
	}
	switch b := m.(type) {
	case *msg.OrderRejected:
		r.Reason = words(b.GetReason().String(), "ORDER_REJECTED_")
	case *msg.OrderInvalid:
		for i, reason := range b.GetReasons() {
			if i > 0 {
				r.Reason += " "
			}
			r.Reason += words(reason.String(), "ORDER_INVALID_")
		}
	case *msg.OrderCancelled:
		r.Reason = words(b.GetReason().String(), "ORDER_CANCELLED_")
	case *msg.OrderCancelRejected:
		r.Reason = words(b.GetReason().String(), "ORDER_CANCEL_REJECTED_")
	case *msg.OrderCancelAllRejected:
		r.Reason = words(b.GetReason().String(), "ORDER_CANCEL_ALL_REJECTED_")
	case *msg.OrderQuantityReduceRejected:
		r.Reason = words(b.GetReason().String(), "ORDER_QUANTITY_REDUCE_REJECTED_")
	case *msg.OrderCancelReplaceRejected:
		r.Reason = words(b.GetReason().String(), "ORDER_CANCEL_REPLACE_REJECTED_")
	case *msg.OrderExecuted:
		r.Fill = &Fill{b.GetPrice(), b.GetQuantity(), b.GetPendingTimeout() > 0}
	case *msg.OrderExecuteConfirmed:
		r.Fill = &Fill{b.GetPrice(), b.GetQuantity(), false}
	case *msg.OrderExecutedVoid:
		r.Fill = &Fill{b.GetPrice(), b.GetQuantity(), false}
	}
	return r
}

// messageOf returns a message that is not about an order in the format, nil if it has none.
func messageOf(m exchange.Message) *Message {
	switch b := m.(type) {
	case *msg.MarketState:
		out := &Market{
			Market: b.GetMarketId(), State: words(b.GetState().String(), "MARKET_STATE_"),
			Reason: string(b.GetReason()),
		}
		list := b.GetContracts()
		for i := range list {
			out.Contracts = append(out.Contracts, Contract{
				list[i].GetContractId(), words(list[i].GetState().String(), "CONTRACT_STATE_"),
			})
		}
		return &Message{Type: "market", Market: out}
	case *msg.BalanceChanged:
		return &Message{Type: "balance", Balance: &Balance{
			string(b.GetReason()), b.GetAvailableBalance(), b.GetExposure(),
		}}
	case *msg.RunningballNotification:
		return &Message{Type: "notification", Event: &Event{
			b.GetEventId(), words(b.GetState().String(), "RUNNINGBALL_STATE_"), string(b.GetDetails()),
		}}
	}
	return nil
}
