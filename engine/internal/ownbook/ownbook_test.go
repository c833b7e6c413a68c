package ownbook

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
)

// TestKey: an order of ours is named by its reference, also before the exchange has numbered it; one of another session
// by a number that no reference is near.
func TestKey(t *testing.T) {
	for _, c := range []struct {
		o    order.Order
		want uint64
	}{
		{order.Order{Reference: 7}, 7},
		{order.Order{Reference: 7, ID: 9}, 7},
		{order.Order{ID: 9}, ^uint64(9)},
		{order.Order{Reference: 7, ID: 9, Foreign: true}, ^uint64(9)},
	} {
		if got := Key(&c.o); got != c.want {
			t.Errorf("%+v: %d, want %d", c.o, got, c.want)
		}
	}
}

// TestOwn: an order without an answer counts with all of its quantity, and later with what is available.
func TestOwn(t *testing.T) {
	o := order.Order{Reference: 7, State: order.PendingNew, Quantity: 100, Market: 1, Contract: 2, Price: 3000}
	if got := Own(&o, 5); got.ID != 7 || got.Open != 100 || !got.Pending || got.Replaces != 5 || got.Market != 1 ||
		got.Contract != 2 || got.Price != 3000 {
		t.Errorf("%+v", got)
	}
	o.State, o.Available = order.Live, 40
	if got := Own(&o, 0); got.Open != 40 || got.Pending {
		t.Errorf("%+v", got)
	}
}
