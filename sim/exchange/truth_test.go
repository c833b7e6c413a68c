package exchange

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// managedExchange has one contract, whose fills are provisional for 8 s, and one internal account.
func managedExchange(t *testing.T) *Exchange {
	t.Helper()
	x, err := New(Config{
		Accounts: []Account{
			{Username: "a", Balance: 1e12},
			{Username: "house", Balance: 1e12, House: true},
			{Username: "b", Balance: 1e12},
		},
		Markets: []Market{{
			ID: 1, State: msg.MarketStateLive, PendingTimeout: 8 * second, Contracts: []Contract{{ID: 1}, {ID: 2}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func submit(t *testing.T, x *Exchange, who string, contract uint32, side msg.Side, quantity uint64, price uint32) {
	t.Helper()
	_, r := x.Submit(who, Create{Market: 1, Contract: contract, Side: side, Quantity: quantity, Price: price})
	if !r.OK() {
		t.Fatal(r)
	}
}

func wantPositions(t *testing.T, x *Exchange, who string, want ...PositionTruth) {
	t.Helper()
	truth, ok := x.Truth(who)
	if !ok || !reflect.DeepEqual(truth.Positions, want) {
		t.Errorf("%s holds %+v, want %+v", who, truth.Positions, want)
	}
}

// A position separates provisional fills from final ones: when they are made, offset, confirmed and voided.
func TestPositionsSeparateProvisionalFills(t *testing.T) {
	x := managedExchange(t)
	submit(t, x, "a", 1, msg.SideBuy, 5000, 4000)
	submit(t, x, "b", 1, msg.SideSell, 3000, 4000)
	wantPositions(t, x, "a",
		PositionTruth{Market: 1, Contract: 1, PendingFills: 1, PendingNet: 3000, PendingFlow: -3000 * 4000})
	wantPositions(t, x, "b",
		PositionTruth{Market: 1, Contract: 1, PendingFills: 1, PendingNet: -3000, PendingFlow: 3000 * 4000})
	x.Advance(x.Now() + 8*second)
	wantPositions(t, x, "a", PositionTruth{Market: 1, Contract: 1, Net: 3000, Flow: -3000 * 4000})

	submit(t, x, "b", 1, msg.SideSell, 2000, 4000)
	submit(t, x, "b", 2, msg.SideBuy, 1000, 7000)
	submit(t, x, "a", 2, msg.SideSell, 1000, 7000)
	wantPositions(t, x, "a",
		PositionTruth{
			Market: 1, Contract: 1, Net: 3000, Flow: -3000 * 4000,
			PendingFills: 1, PendingNet: 2000, PendingFlow: -2000 * 4000,
		},
		PositionTruth{Market: 1, Contract: 2, PendingFills: 1, PendingNet: -1000, PendingFlow: 1000 * 7000})

	// Bought and sold again: only provisional fills are left.
	submit(t, x, "a", 2, msg.SideBuy, 1000, 7000)
	submit(t, x, "b", 2, msg.SideSell, 1000, 7000)
	wantPositions(t, x, "b",
		PositionTruth{
			Market: 1, Contract: 1, Net: -3000, Flow: 3000 * 4000,
			PendingFills: 1, PendingNet: -2000, PendingFlow: 2000 * 4000,
		},
		PositionTruth{Market: 1, Contract: 2, PendingFills: 2})

	if err := x.Goal(1, "goal"); err != nil {
		t.Fatal(err)
	}
	wantPositions(t, x, "a", PositionTruth{Market: 1, Contract: 1, Net: 3000, Flow: -3000 * 4000})
	wantPositions(t, x, "house")
}

// Truths agrees with Truth of each account, and EachOrder with Orders of each.
func TestTruths(t *testing.T) {
	x := managedExchange(t)
	r := rand.New(rand.NewPCG(3, 3))
	names := []string{"a", "house", "b"}
	pending, final := 0, 0
	for range 2000 {
		_, _ = x.Submit(names[r.IntN(3)], Create{ // orders that cross the account's own are rejected
			Market: 1, Contract: 1 + r.Uint32N(2), Side: sideOf(r.IntN(2)),
			Quantity: 1000 + r.Uint64N(5000), Price: 4900 + r.Uint32N(200),
		})
		if r.IntN(20) == 0 {
			x.Advance(x.Now() + r.Int64N(3*second))
		}
	}
	truths := x.Truths()
	if len(truths) != 2 {
		t.Fatalf("%d accounts", len(truths))
	}
	orders := map[string][]OrderTruth{}
	x.EachOrder(func(username string, o OrderTruth) { orders[username] = append(orders[username], o) })
	for _, got := range truths {
		want, _ := x.Truth(got.Username)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("of all %+v, alone %+v", got, want)
		}
		if list := x.Orders(got.Username); len(list) == 0 || !reflect.DeepEqual(orders[got.Username], list) {
			t.Errorf("%s has %d orders of all, %d alone", got.Username, len(orders[got.Username]), len(list))
		}
		for _, p := range got.Positions {
			pending += p.PendingFills
			if p.Net != 0 {
				final++
			}
		}
	}
	if orders["house"] != nil || pending == 0 || final == 0 {
		t.Errorf("%d provisional fills, %d positions, %d orders of the exchange's own",
			pending, final, len(orders["house"]))
	}
	// What is provisional is final 8 s later, to the last unit.
	x.Advance(x.Now() + 8*second)
	for i, later := range x.Truths() {
		for j, p := range later.Positions {
			before := truths[i].Positions[j]
			if p.PendingFills != 0 || p.Net != before.Net+before.PendingNet ||
				p.Flow != before.Flow+before.PendingFlow {
				t.Errorf("%s: %+v became %+v", later.Username, before, p)
			}
		}
	}
}
