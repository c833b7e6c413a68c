package order_test

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// TestEventText holds what events and the completeness print.
func TestEventText(t *testing.T) {
	for want, v := range map[string]interface{ String() string }{
		"order filled, order 7, market 1, contract 2, buy, partially filled, 3.00 at 25% provisional": order.Event{
			Kind: order.OrderFilled, State: order.PartiallyFilled, Side: odds.Buy, Market: 1, Contract: 2, OrderID: 7,
			Reference: 9, Fill: order.Fill{Price: 2500, Quantity: 30_000, Provisional: true},
		},
		"drift, cash, expected 10.00, reported 9.50": order.Event{
			Kind: order.Drift, Amount: order.Cash, Expected: 10e8, Reported: 95e7,
		},
		"missed fill, order 7, live, expected 0.00, reported 3.00, replayed": order.Event{
			Kind: order.MissedFill, State: order.Live, OrderID: 7, Reported: 30_000, Replayed: true,
		},
		"doubt began, reference 9, of PAYLOAD_ORDER_CANCEL_ALL": order.Event{
			Kind: order.DoubtBegan, Reference: 9, Request: msg.PayloadOrderCancelAll,
		},
		"anomaly, order 7, too old": order.Event{Kind: order.Anomaly, OrderID: 7, Anomaly: order.TooOld},
		"complete":                  order.Completeness{Complete: true},
		"not complete: fills missed, result not known, 1 orders with missed fills, market 5: gone": order.Completeness{
			Why: order.FillsMissed | order.ResultUnknown, Missed: 1, Market: 5, Cause: errors.New("gone"),
		},
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
