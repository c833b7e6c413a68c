package sim

import (
	"fmt"
	"strings"

	"github.com/smk-go/smk/gen/msg"
)

// briefRare formats the less frequent messages.
func briefRare(m *msg.Payload) string {
	switch m.GetType() {
	case msg.PayloadOrderExecuteConfirmed:
		b := m.GetOrderExecuteConfirmed()
		return fmt.Sprintf("execute_confirmed #%d %d@%d", serial(b.GetOrderId()), b.GetQuantity(), b.GetPrice())
	case msg.PayloadOrderExecuteVoided:
		b := m.GetOrderExecuteVoided()
		return fmt.Sprintf("execute_voided #%d %d@%d executed=%d available=%d", serial(b.GetOrderId()), b.GetQuantity(),
			b.GetPrice(), b.GetExecutedQuantity(), b.GetAvailableQuantity())
	case msg.PayloadOrderQuantityReduced:
		b := m.GetOrderQuantityReduced()
		return fmt.Sprintf("quantity_reduced #%d new=%d executed=%d ref=%d", serial(b.GetOrderId()), b.GetNewQuantity(),
			b.GetExecutedQuantity(), b.GetReference())
	case msg.PayloadOrderQuantityReduceRejected:
		b := m.GetOrderQuantityReduceRejected()
		return fmt.Sprintf("reduce_rejected #%d %s new=%d ref=%d", serial(b.GetOrderId()),
			strings.TrimPrefix(b.GetReason().String(), "ORDER_QUANTITY_REDUCE_REJECTED_"), b.GetNewQuantity(),
			b.GetReference())
	case msg.PayloadOrderPendingReplace:
		b := m.GetOrderPendingReplace()
		return fmt.Sprintf("pending_replace #%d for #%d %d@%d ref=%d", serial(b.GetOrderId()),
			serial(b.GetOrigOrderId()),
			b.GetQuantity(), b.GetPrice(), b.GetReference())
	case msg.PayloadOrderCancelReplaceAccepted:
		b := m.GetOrderCancelReplaceAccepted()
		return fmt.Sprintf("replace_accepted #%d for #%d %d@%d left=%d ref=%d", serial(b.GetOrderId()),
			serial(b.GetOrigOrderId()), b.GetQuantity(), b.GetPrice(), b.GetQuantityLeft(), b.GetReference())
	case msg.PayloadOrderCancelReplaceRejected:
		b := m.GetOrderCancelReplaceRejected()
		return fmt.Sprintf("replace_rejected #%d for #%d %s ref=%d", serial(b.GetOrderId()), serial(b.GetOrigOrderId()),
			strings.TrimPrefix(b.GetReason().String(), "ORDER_CANCEL_REPLACE_REJECTED_"), b.GetReference())
	case msg.PayloadOrderReduced:
		b := m.GetOrderReduced()
		return fmt.Sprintf("reduced #%d from %d to %d@%d", serial(b.GetOrderId()), b.GetSourceQuantity(),
			b.GetQuantity(),
			b.GetPrice())
	case msg.PayloadOrderVoided:
		b := m.GetOrderVoided()
		return fmt.Sprintf("voided #%d from %d to %d", serial(b.GetOrderId()), b.GetSourceQuantity(), b.GetQuantity())
	case msg.PayloadBalanceChanged:
		b := m.GetBalanceChanged()
		return fmt.Sprintf("balance_changed %q %v %v", b.GetReason(), b.GetAvailableBalance(), b.GetExposure())
	case msg.PayloadMarketManagedState:
		b := m.GetMarketManagedState()
		return fmt.Sprintf("managed_state %d %v", b.GetMarketId(), b.GetManagedState())
	case msg.PayloadRunningballNotification:
		b := m.GetRunningballNotification()
		return fmt.Sprintf("runningball %d %v %q %v %d %d:%d", b.GetEventId(), b.GetState(), b.GetDetails(),
			b.GetPeriod(),
			b.GetPlaytime(), b.GetScoreHome(), b.GetScoreAway())
	}
	return m.String()
}
