package exchange

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// funded returns an exchange whose account a has this balance.
func funded(t *testing.T, balance Money) *Exchange {
	t.Helper()
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: balance}, {Username: "b", Balance: 1e15}},
		Markets:  []Market{{ID: 1, Contracts: []Contract{{ID: 1}, {ID: 2}, {ID: 3}}, WinnerTakesAll: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// An account can spend its whole balance, and not a unit more.
func TestFundsToTheUnit(t *testing.T) {
	for _, side := range []msg.Side{msg.SideBuy, msg.SideSell} {
		need := Liability(side, 10000, 3000)
		for _, more := range []Money{0, -1} {
			_, r := funded(t, need+more).Submit("a", Create{
				Market: 1, Contract: 1, Side: side, Price: 3000,
				Quantity: 10000,
			})
			if r.OK() != (more == 0) {
				t.Errorf("%v with %v, %v needed: %v", side, need+more, need, r)
			}
		}
	}
}

// A replacement reserves what its second stage may need, whatever is filled of the original meanwhile.
func TestReplaceReservesForTheWorst(t *testing.T) {
	// The original reserves 0.50 and is filled: that stays reserved. The rest of
	// the replacement then needs 0.40 more.
	for balance, want := range map[Money]int32{
		90_000_000: 0, 89_999_999: int32(msg.OrderCancelRejectedInsufficientFunds),
	} {
		x := funded(t, balance)
		x.SetReplaceDelay(1)
		id, r := x.Submit("a", Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 5000, Quantity: 10000})
		if !r.OK() {
			t.Fatal(r)
		}
		if _, r = x.internalLogin("a").Replace(&Replace{
			OrigOrderID: id, Price: 4000,
			Quantity: 20000,
		}); r.Reason != want {
			t.Errorf("with %v: %v", balance, r)
		}
		x.Submit("b", Create{Market: 1, Contract: 1, Side: msg.SideSell, Price: 5000, Quantity: 9999})
		x.Advance(x.Now() + 1)
		if d := x.Audit(); d != "" {
			t.Error(d)
		}
	}
}

// In a winner-takes-all market purchases of several contracts cannot all be won,
// sales of several cannot all be lost, and within a contract both offset each
// other.
func TestExposure(t *testing.T) {
	x := funded(t, 1e12)
	trade := func(contract uint32, side msg.Side, price uint32) {
		t.Helper()
		for _, who := range []string{"b", "a"} {
			c := Create{Market: 1, Contract: contract, Side: side, Price: price, Quantity: 10000}
			if who == "b" {
				c.Side = msg.SideBuy + msg.SideSell - side
			}
			if _, r := x.Submit(who, c); !r.OK() {
				t.Fatal(r)
			}
		}
	}
	want := func(name string, reserved Money) {
		t.Helper()
		if a, _ := x.Truth("a"); a.Matched != reserved || a.Available != a.Cash-reserved {
			t.Errorf("%s: %v reserved, want %v", name, a.Matched, reserved)
		}
	}
	trade(1, msg.SideSell, 4000)
	want("sold one", 60_000_000)
	trade(2, msg.SideSell, 3000)
	want("sold two, of which one wins", 70_000_000)
	trade(1, msg.SideBuy, 3500)
	want("bought the first back at a profit", 70_000_000)
	trade(3, msg.SideBuy, 2000)
	want("and bought the third", 90_000_000)
	if d := x.Audit(); d != "" {
		t.Error(d)
	}
}
