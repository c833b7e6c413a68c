package risk_test

import (
	"errors"
	"fmt"

	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// An order is too large, one of the allowed size passes, and after the kill switch none does.
func Example() {
	gate, err := risk.New(risk.Config{OrderLiabilityMax: 10 * odds.Whole, RefuseSelfCross: true})
	if err != nil {
		panic(err)
	}
	now := int64(0) // a clock reading, in nanoseconds
	order := msg.Keys{
		Type: msg.PayloadOrderCreate, Market: 1, Contract: 2, Side: msg.SideBuy, Price: 2500, Quantity: 500_000,
	}
	state := risk.Snapshot{Known: gate.Needs(order.Type), Own: risk.Own{Offer: 2600}}

	err = gate.Admit(now, &order, &state)
	fmt.Println(err)
	var refusal *risk.Refusal
	if errors.As(err, &refusal) && refusal.Limit == risk.LimitLiability {
		order.Quantity = uint64(refusal.Allowed)
	}
	if err := gate.Admit(now, &order, &state); err == nil {
		gate.Sent(now, &order) // after it was sent
	}

	gate.LoggedIn(now)
	gate.Orders(now, risk.OpenOrders{Open: 1, Complete: true})
	gate.Halt(now, risk.Cause{Trigger: risk.TriggerAPI, Reason: "enough for today"})
	fmt.Println(gate.Admit(now, &order, &state))
	if gate.Tick(now) {
		fmt.Println("order_cancel_all")
		gate.CancelAllSent(now, 7)
	}
	gate.CancelAllAnswered(now, 7, true)
	gate.Orders(now, risk.OpenOrders{Complete: true})
	fmt.Println(gate.Status().Kill)
	// Output:
	// risk: refused by order liability: limit 10.00, request 12.50, allowed 40.00
	// risk: refused by halted
	// order_cancel_all
	// flat
}
