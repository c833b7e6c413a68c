package order_test

import (
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// TestLiveOf expects the live orders of a contract, oldest first, whether it or the account has fewer orders.
func TestLiveOf(t *testing.T) {
	l := newLine(t, order.Config{Orders: 64, Retained: 64})
	accept := func(id uint64, contract uint32) {
		l.report(msg.PayloadOrderAccepted, func(r *exchange.Report) {
			r.OrderID, r.Contract, r.HasReference = id, contract, false
		})
	}
	want := map[uint32][]uint64{}
	check := func() {
		t.Helper()
		for contract := range uint32(5) {
			var got []uint64
			l.m.LiveOf(1, contract, func(o *order.Order) bool {
				got = append(got, o.ID)
				return true
			})
			if !slices.Equal(got, want[contract]) {
				t.Errorf("contract %d: %d, want %d", contract, got, want[contract])
			}
		}
		first := 0
		l.m.LiveOf(1, 2, func(*order.Order) bool { first++; return false })
		if first != min(1, len(want[2])) {
			t.Errorf("%d orders after the end", first)
		}
	}
	for i := range uint64(8) { // more in the account than in the contract
		contract := uint32(2 + i%3)
		accept(2000+i, contract)
		want[contract] = append(want[contract], 2000+i)
		check()
	}
	for i := range uint64(30) { // more in the contract, most of which have ended
		accept(3000+i, 2)
		l.report(msg.PayloadOrderCancelled, func(r *exchange.Report) {
			r.OrderID, r.Contract, r.HasReference = 3000+i, 2, false
		})
		check()
	}
}
