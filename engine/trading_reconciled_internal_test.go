package engine

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
)

// TestReconciled: what is missing for ever is accepted by the user's word, and what may still come is not.
func TestReconciled(t *testing.T) {
	e, _ := snapshotOf(t, 1)
	e.trading.orders.AccountLost(3, 4, 1)
	if why := e.Completeness().Why; why != order.NotCaughtUp|order.MessagesLost {
		t.Fatal(why)
	}
	e.Reconciled()
	if c := e.Completeness(); c.Why != order.NotCaughtUp || c.Lost != 0 {
		t.Errorf("%+v", c)
	}
	if n := len(e.trading.events.orders); n != 1 || e.trading.events.orders[0].Kind != order.CompletenessChanged {
		t.Errorf("%+v", e.trading.events.orders)
	}
	(&Engine{}).Reconciled() // without the trading state nothing is to be done
}
