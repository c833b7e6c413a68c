package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestOrdersInFlight knows of orders that may come to the book among requests that only
// lower the risk.
func TestOrdersInFlight(t *testing.T) {
	k := newEstablished(t, Config{})
	check := func(want bool) {
		t.Helper()
		if got := k.s.OrdersInFlight(); got != want {
			t.Errorf("orders in flight: %t", got)
		}
	}
	check(false)
	k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{})
	cancel := orderCancel(8)
	cancel.SetReference(1)
	k.mustSend(msg.PayloadOrderCancel, cancel)
	all := new(msg.OrderCancelAll)
	all.SetReference(2)
	k.mustSend(msg.PayloadOrderCancelAll, all)
	check(false)
	order := orderCreate()
	order.SetReference(3)
	k.mustSend(msg.PayloadOrderCreate, order)
	check(true)
	replace := new(msg.OrderCancelReplace)
	replace.SetOrigOrderId(8)
	replace.SetPrice(2500)
	replace.SetQuantity(5)
	replace.SetReference(4)
	k.mustSend(msg.PayloadOrderCancelReplace, replace)
	for seq := uint64(1); seq < 8; seq++ {
		if got, want := k.s.InFlight(seq), seq >= 3 && seq <= 6; got != want {
			t.Errorf("sequence %d in flight: %t", seq, got)
		}
	}
	var p msg.Payload
	p.SetType(msg.PayloadOrderRejected)
	p.MutableOrderRejected().SetReference(3)
	p.MutableOrderRejected().SetReason(msg.OrderRejectedMarketHalted)
	k.feed(k.payload(&p))
	k.events()
	check(true)
	if k.s.InFlight(5) {
		t.Error("an order that was rejected is in flight")
	}
	p = msg.Payload{}
	p.SetType(msg.PayloadOrderCancelRejected)
	p.MutableOrderCancelRejected().SetReference(4)
	p.MutableOrderCancelRejected().SetOrigOrderId(8)
	p.MutableOrderCancelRejected().SetReason(msg.OrderCancelRejectedNotLive)
	k.feed(k.payload(&p))
	k.events()
	check(false)
}
