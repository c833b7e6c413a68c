package script

import (
	"fmt"
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// report is what a bot keeps of a message about its account.
type report struct {
	accountSequence uint64 // 0 if the message has none
	msgType         msg.PayloadType
	orderID         uint64
	reference       uint64
	reason          string // of a rejection or a cancel
	executed        uint64 // of the order afterwards, if the message has it
	available       uint64 // likewise
}

// parseReport returns the report of a message and whether the message is one.
func parseReport(m *msg.Payload) (r report, ok bool) {
	r.msgType = m.GetType()
	switch m.GetType() {
	case msg.PayloadOrderAccepted:
		b := m.GetOrderAccepted()
		r.accountSequence, r.orderID, r.reference = b.GetAccountSequence_64(), b.GetOrderId(), b.GetReference()
		r.available = b.GetQuantity()
	case msg.PayloadOrderRejected:
		b := m.GetOrderRejected()
		r.accountSequence, r.reference, r.reason = b.GetAccountSequence_64(), b.GetReference(), b.GetReason().String()
	case msg.PayloadOrderInvalid:
		b := m.GetOrderInvalid()
		r.reference = b.GetReference()
	case msg.PayloadOrderExecuted:
		b := m.GetOrderExecuted()
		r.accountSequence, r.orderID = b.GetAccountSequence_64(), b.GetOrderId()
		r.executed, r.available = b.GetTotalExecutedQuantity(), b.GetAvailableQuantity()
	case msg.PayloadOrderExecuteConfirmed:
		b := m.GetOrderExecuteConfirmed()
		r.accountSequence, r.orderID = b.GetAccountSequence_64(), b.GetOrderId()
	case msg.PayloadOrderExecuteVoided:
		b := m.GetOrderExecuteVoided()
		r.accountSequence, r.orderID = b.GetAccountSequence_64(), b.GetOrderId()
		r.executed, r.available = b.GetExecutedQuantity(), b.GetAvailableQuantity()
	case msg.PayloadOrderCancelled:
		b := m.GetOrderCancelled()
		r.accountSequence, r.orderID = b.GetAccountSequence_64(), b.GetOrderId()
		r.executed, r.reason = b.GetExecutedQuantity(), b.GetReason().String()
	case msg.PayloadOrderCancelRejected:
		b := m.GetOrderCancelRejected()
		r.accountSequence, r.orderID, r.reason = b.GetAccountSequence_64(), b.GetOrderId(), b.GetReason().String()
	case msg.PayloadOrderCancelAllAccepted:
		r.accountSequence = m.GetOrderCancelAllAccepted().GetAccountSequence_64()
	case msg.PayloadOrderCancelAllRejected:
		b := m.GetOrderCancelAllRejected()
		r.accountSequence, r.reason = b.GetAccountSequence_64(), b.GetReason().String()
	case msg.PayloadOrderReduced:
		b := m.GetOrderReduced()
		r.accountSequence, r.orderID = b.GetAccountSequence_64(), b.GetOrderId()
		r.executed, r.available = b.GetQuantity(), b.GetAvailableQuantity()
	case msg.PayloadOrderVoided:
		b := m.GetOrderVoided()
		r.accountSequence, r.orderID, r.executed = b.GetAccountSequence_64(), b.GetOrderId(), b.GetQuantity()
	case msg.PayloadBalanceChanged:
	default:
		return r, false
	}
	return r, true
}

// BotOrder is an order as its reports describe it.
type BotOrder struct {
	ID                  uint64
	Executed, Available uint64 // in 1/10000 of payoff
}

// Orders returns every accepted order by the reports received, in order of their account sequence,
// the lowest id first.
func (b *Bot) Orders() []BotOrder {
	var sequences []uint64
	for n := range b.reports {
		sequences = append(sequences, n)
	}
	slices.Sort(sequences)
	known := make(map[uint64]*BotOrder)
	for _, n := range sequences {
		r := b.reports[n]
		o := known[r.orderID]
		switch r.msgType {
		case msg.PayloadOrderAccepted:
			known[r.orderID] = &BotOrder{ID: r.orderID, Available: r.available}
		case msg.PayloadOrderExecuted, msg.PayloadOrderExecuteVoided, msg.PayloadOrderReduced:
			if o != nil {
				o.Executed, o.Available = r.executed, r.available
			}
		case msg.PayloadOrderCancelled, msg.PayloadOrderVoided:
			if o != nil {
				o.Executed, o.Available = r.executed, 0
			}
		}
	}
	list := make([]BotOrder, 0, len(known))
	for _, o := range known {
		list = append(list, *o)
	}
	slices.SortFunc(list, func(a, b BotOrder) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}

// LiveIDs returns the ids of the orders that are live by the reports received, lowest first.
func (b *Bot) LiveIDs() []uint64 {
	var list []uint64
	for _, o := range b.Orders() {
		if o.Available > 0 {
			list = append(list, o.ID)
		}
	}
	return list
}

// Compare returns how the bot's orders differ from the exchange's, "" if they do not. It requires that
// the bot lacks no report and that the exchange still keeps all of the orders.
func (b *Bot) Compare() string {
	truth := b.sim.Exchange.Orders(b.Username)
	slices.SortFunc(truth, func(a, b exchange.OrderTruth) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	orders := b.Orders()
	if len(orders) != len(truth) {
		return fmt.Sprintf("%s has %d orders, the exchange %d", b.Username, len(orders), len(truth))
	}
	for i, o := range truth {
		if m := orders[i]; m.ID != o.ID || m.Executed != o.Executed || m.Available != o.Available {
			return fmt.Sprintf("%s has %+v, the exchange %+v", b.Username, m, o)
		}
	}
	return ""
}
