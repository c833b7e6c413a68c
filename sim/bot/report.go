package bot

import (
	"fmt"
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

// Report is what a bot keeps of a message about its account.
type Report struct {
	AccountSequence uint64 // 0 if the message has none
	Type            msg.PayloadType
	Order           uint64
	Orig            uint64 // the order that a replacement is for
	Reference       uint64
	Reason          string // of a rejection or a cancel
	Executed        uint64 // of the order afterwards, if the message says so
	Available       uint64 // likewise
}

// reportOf reads a message about an account, and reports whether it is one.
func reportOf(m *msg.Payload) (r Report, ok bool) {
	r.Type = m.GetType()
	switch m.GetType() {
	case msg.PayloadOrderAccepted:
		b := m.GetOrderAccepted()
		r.AccountSequence, r.Order, r.Reference, r.Available = b.GetAccountSequence_64(), b.GetOrderId(), b.GetReference(), b.GetQuantity()
	case msg.PayloadOrderRejected:
		b := m.GetOrderRejected()
		r.AccountSequence, r.Reference, r.Reason = b.GetAccountSequence_64(), b.GetReference(), b.GetReason().String()
	case msg.PayloadOrderInvalid:
		b := m.GetOrderInvalid()
		r.Reference = b.GetReference()
	case msg.PayloadOrderExecuted:
		b := m.GetOrderExecuted()
		r.AccountSequence, r.Order, r.Executed, r.Available = b.GetAccountSequence_64(), b.GetOrderId(), b.GetTotalExecutedQuantity(), b.GetAvailableQuantity()
	case msg.PayloadOrderExecuteConfirmed:
		b := m.GetOrderExecuteConfirmed()
		r.AccountSequence, r.Order = b.GetAccountSequence_64(), b.GetOrderId()
	case msg.PayloadOrderExecuteVoided:
		b := m.GetOrderExecuteVoided()
		r.AccountSequence, r.Order, r.Executed, r.Available = b.GetAccountSequence_64(), b.GetOrderId(), b.GetExecutedQuantity(), b.GetAvailableQuantity()
	case msg.PayloadOrderCancelled:
		b := m.GetOrderCancelled()
		r.AccountSequence, r.Order, r.Executed, r.Reason = b.GetAccountSequence_64(), b.GetOrderId(), b.GetExecutedQuantity(), b.GetReason().String()
	case msg.PayloadOrderCancelRejected:
		b := m.GetOrderCancelRejected()
		r.AccountSequence, r.Order, r.Reason = b.GetAccountSequence_64(), b.GetOrderId(), b.GetReason().String()
	case msg.PayloadOrderCancelAllAccepted:
		r.AccountSequence = m.GetOrderCancelAllAccepted().GetAccountSequence_64()
	case msg.PayloadOrderCancelAllRejected:
		b := m.GetOrderCancelAllRejected()
		r.AccountSequence, r.Reason = b.GetAccountSequence_64(), b.GetReason().String()
	case msg.PayloadOrderReduced:
		b := m.GetOrderReduced()
		r.AccountSequence, r.Order, r.Executed, r.Available = b.GetAccountSequence_64(), b.GetOrderId(), b.GetQuantity(), b.GetAvailableQuantity()
	case msg.PayloadOrderVoided:
		b := m.GetOrderVoided()
		r.AccountSequence, r.Order, r.Executed = b.GetAccountSequence_64(), b.GetOrderId(), b.GetQuantity()
	case msg.PayloadBalanceChanged:
	default:
		return r, false
	}
	return r, true
}

// Order is an order as a bot knows it.
type Order struct {
	ID                  uint64
	Executed, Available uint64
}

// Orders returns every order that was accepted, as all reports together say, whatever order
// they came in; lowest id first.
func (b *Bot) Orders() []Order {
	var sequences []uint64
	for n := range b.reports {
		sequences = append(sequences, n)
	}
	slices.Sort(sequences)
	known := make(map[uint64]*Order)
	for _, n := range sequences {
		r := b.reports[n]
		o := known[r.Order]
		switch r.Type {
		case msg.PayloadOrderAccepted:
			known[r.Order] = &Order{ID: r.Order, Available: r.Available}
		case msg.PayloadOrderExecuted, msg.PayloadOrderExecuteVoided, msg.PayloadOrderReduced:
			if o != nil {
				o.Executed, o.Available = r.Executed, r.Available
			}
		case msg.PayloadOrderCancelled, msg.PayloadOrderVoided:
			if o != nil {
				o.Executed, o.Available = r.Executed, 0
			}
		}
	}
	list := make([]Order, 0, len(known))
	for _, o := range known {
		list = append(list, *o)
	}
	slices.SortFunc(list, func(a, b Order) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}

// IDs returns the ids of the orders that the bot believes to be live, lowest first.
func (b *Bot) IDs() []uint64 {
	var list []uint64
	for _, o := range b.Orders() {
		if o.Available > 0 {
			list = append(list, o.ID)
		}
	}
	return list
}

// Compare holds what the bot knows against the exchange's truth and returns how they
// differ, "" if they do not. It is fair only when the bot lacks no report and the exchange
// has kept all the orders.
func (b *Bot) Compare() string {
	truth := b.sim.Exchange.Orders(b.Username)
	slices.SortFunc(truth, func(a, b core.OrderTruth) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	mine := b.Orders()
	if len(mine) != len(truth) {
		return fmt.Sprintf("%s knows %d orders, the exchange %d", b.Username, len(mine), len(truth))
	}
	for i, o := range truth {
		if m := mine[i]; m.ID != o.ID || m.Executed != o.Executed || m.Available != o.Available {
			return fmt.Sprintf("%s knows %+v, the exchange %+v", b.Username, m, o)
		}
	}
	return ""
}
