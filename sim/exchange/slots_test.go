package exchange

import (
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// An ended order keeps its slot while a fill of it is provisional, whatever other orders arrive: the
// confirmation or void is reported of that order.
func TestProvisionalOrdersKeepTheirSlots(t *testing.T) {
	for _, confirmed := range []bool{true, false} {
		x, err := New(Config{
			Accounts: []Account{
				{Username: "a", Balance: 1e15},
				{Username: "b", Balance: 1e15},
				{Username: "house", Balance: 1e15, House: true},
			},
			Markets: []Market{{
				ID: 1, State: msg.MarketStateLive, PendingTimeout: 10 * second, Contracts: []Contract{{ID: 1}, {ID: 2}},
			}},
			OrdersMax: orderChunk,
		})
		if err != nil {
			t.Fatal(err)
		}
		order := func(who string, side msg.Side, contract uint32) uint64 {
			id, r := x.Submit(who, Create{Market: 1, Contract: contract, Side: side, Price: 5000, Quantity: 1000})
			if !r.OK() {
				t.Fatal(r)
			}
			return id
		}
		fill := func(maker, taker string) (ids [2]uint64) {
			return [2]uint64{order(maker, msg.SideBuy, 1), order(taker, msg.SideSell, 1)}
		}
		pairs := [][2]uint64{fill("a", "b"), fill("house", "a"), fill("b", "house")}
		var before []OrderTruth
		for _, p := range pairs {
			for _, id := range p {
				o, ok := x.Order(id)
				if !ok || o.State != OrderFilled {
					t.Fatalf("order %d: %+v", id, o)
				}
				before = append(before, o)
			}
		}
		for i := range 3 * orderChunk {
			who := []string{"a", "b", "house"}[i%3]
			x.SubmitCancel(who, order(who, msg.SideBuy, 2))
		}
		for _, o := range before {
			if now, ok := x.Order(o.ID); !ok || now != o {
				t.Errorf("order %d was %+v, is %+v", o.ID, o, now)
			}
		}
		var sinks [2]recorder
		x.Login("a", &sinks[0])
		x.Login("b", &sinks[1])
		want := msg.PayloadOrderExecuteConfirmed
		if confirmed {
			x.Advance(x.Now() + 10*second)
		} else {
			want = msg.PayloadOrderExecuteVoided
			if err := x.Goal(1, "goal"); err != nil {
				t.Fatal(err)
			}
		}
		for i, ids := range [][]uint64{{pairs[0][0], pairs[1][1]}, {pairs[0][1], pairs[2][0]}} {
			var got []uint64
			reports, _ := sinks[i].take()
			for _, r := range reports {
				if r.Type == want {
					got = append(got, r.OrderID)
				}
			}
			if !slices.Equal(got, ids) {
				t.Errorf("%v of orders %v, want %v", want, got, ids)
			}
		}
		if d := x.Audit(); d != "" {
			t.Error(d)
		}
	}
}

// When all slots are taken by such orders, another order is rejected.
func TestNoRoomBesideProvisionalOrders(t *testing.T) {
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: 1e15}, {Username: "b", Balance: 1e15}},
		Markets: []Market{{
			ID: 1, State: msg.MarketStateLive, PendingTimeout: second,
			Contracts: []Contract{{ID: 1}},
		}},
		OrdersMax: orderChunk,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 5000, Quantity: 1000}
	for i := range orderChunk {
		c.Side = sideOf(i % 2)
		if _, r := x.Submit(names[i%2], c); !r.OK() {
			t.Fatal(i, r)
		}
	}
	if _, r := x.Submit("a", c); r.Reason != int32(msg.OrderRejectedCapacityReached) {
		t.Errorf("an order too many: %+v", r)
	}
	x.Advance(x.Now() + second)
	if _, r := x.Submit("a", c); !r.OK() {
		t.Errorf("after the confirmations: %+v", r)
	}
}

// A voided fill does not change the average price of the others.
func TestVoidedFillLeavesTheAverage(t *testing.T) {
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: 1e12}, {Username: "b", Balance: 1e12}},
		Markets:  []Market{{ID: 1, State: msg.MarketStateLive, PendingTimeout: second, Contracts: []Contract{{ID: 1}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	submit := func(who string, side msg.Side, quantity uint64, price uint32) uint64 {
		id, r := x.Submit(who, Create{Market: 1, Contract: 1, Side: side, Price: price, Quantity: quantity})
		if !r.OK() {
			t.Fatal(r)
		}
		return id
	}
	submit("b", msg.SideSell, 1000, 3000)
	id := submit("a", msg.SideBuy, 3000, 4000) // the better price first
	x.Advance(x.Now() + second)
	submit("b", msg.SideSell, 2000, 4000)
	if o, _ := x.Order(id); o.Executed != 3000 || o.AveragePrice != 3667 {
		t.Errorf("before: %+v", o)
	}
	if err := x.Goal(1, "goal"); err != nil {
		t.Fatal(err)
	}
	if o, _ := x.Order(id); o.Executed != 1000 || o.AveragePrice != 3000 {
		t.Errorf("after: %+v", o)
	}
	if d := x.Audit(); d != "" {
		t.Error(d)
	}
}
