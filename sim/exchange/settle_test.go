package exchange

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// settled returns an exchange with one market whose contracts 1 and 2 were traded, by a and b.
func settled(t *testing.T, m Market) (*Exchange, *recorder) {
	t.Helper()
	m.ID, m.State = 1, msg.MarketStateLive
	m.Contracts = []Contract{{ID: 1}, {ID: 2}, {ID: 3}}
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: 1e12}, {Username: "b", Balance: 1e12}},
		Markets:  []Market{m},
	})
	if err != nil {
		t.Fatal(err)
	}
	for contract := uint32(1); contract <= 2; contract++ {
		for i, side := range []msg.Side{msg.SideBuy, msg.SideSell} {
			c := Create{Market: 1, Contract: contract, Side: side, Price: 3000, Quantity: 10000}
			if _, r := x.Submit(names[i], c); !r.OK() {
				t.Fatal(r)
			}
		}
	}
	var sink recorder
	x.Login("a", &sink)
	return x, &sink
}

// A winner-takes-all market has one winner, or none if a contract is voided; and its contracts cannot win one
// by one.
func TestWinners(t *testing.T) {
	for _, k := range []struct {
		all     bool
		void    bool
		winners []uint32
		ok      bool
	}{
		{true, false, []uint32{1}, true},
		{true, false, nil, false},
		{true, false, []uint32{1, 2}, false},
		{true, false, []uint32{9}, false},
		{true, true, nil, true},
		{true, true, []uint32{1}, true},
		{true, true, []uint32{1, 2}, false},
		{true, true, []uint32{3}, false}, // it is voided
		{false, false, nil, true},
		{false, false, []uint32{1, 2, 3}, true},
	} {
		x, _ := settled(t, Market{WinnerTakesAll: k.all})
		if k.void {
			if err := x.VoidContract(1, 3, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Settle(1, "", k.winners...); (err == nil) != k.ok {
			t.Errorf("%+v: %v", k, err)
		}
		if d := x.Audit(); d != "" {
			t.Errorf("%+v: %s", k, d)
		}
	}
	x, _ := settled(t, Market{WinnerTakesAll: true})
	if err := x.SettleContract(1, 1, true, ""); err == nil {
		t.Error("one contract of a winner-takes-all market wins by itself")
	}
	x, _ = settled(t, Market{})
	if err := x.SettleContract(1, 1, true, ""); err != nil {
		t.Error(err)
	}
	if a, _ := x.Truth("a"); a.Cash != 1e12+10000*7000 {
		t.Errorf("the buyer has %v", a.Cash)
	}
}

// A settled contract stays settled when the rest of its market is voided or loses a runner.
func TestSettledContractsStay(t *testing.T) {
	for name, end := range map[string]func(*Exchange) error{
		"void":   func(x *Exchange) error { return x.VoidMarket(1, "") },
		"runner": func(x *Exchange) error { return x.RemoveRunner(1, 3, msg.ReduceTypeQuantity, 1000, "") },
	} {
		x, sink := settled(t, Market{NonRunners: true})
		if err := x.SettleContract(1, 1, false, ""); err != nil {
			t.Fatal(err)
		}
		sink.take()
		cash, _ := x.Truth("a")
		if err := end(x); err != nil {
			t.Fatal(err)
		}
		reports, _ := sink.take()
		for _, r := range reports {
			if r.OrderID != 0 && r.Contract == 1 && r.Type == msg.PayloadOrderVoided {
				t.Errorf("%s: an order of the settled contract is voided", name)
			}
		}
		c := x.byMarket[1].contracts[0]
		if c.state != msg.ContractStateSettled || c.reduceFactor != 0 {
			t.Errorf("%s: the settled contract is %v, reduced by %d", name, c.state, c.reduceFactor)
		}
		if now, _ := x.Truth("a"); now.Cash != cash.Cash {
			t.Errorf("%s: cash was %v and is %v", name, cash.Cash, now.Cash)
		}
		if d := x.Audit(); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		// Nothing keeps the orders of ended contracts.
		for i := range x.orders.used {
			if o := &x.orders.chunks[0][i]; o.contract == c && o.references != 0 {
				t.Errorf("%s: order %d is kept for %d fills", name, o.id, o.references)
			}
		}
	}
}

// Orders for settled or voided contracts are rejected as such.
func TestOrdersForEndedContracts(t *testing.T) {
	for want, end := range map[msg.OrderRejectedReason][]func(*Exchange) error{
		msg.OrderRejectedMarketSettled: {
			func(x *Exchange) error { return x.Settle(1, "", 1) }, func(x *Exchange) error {
				return x.VoidMarket(1,
					"")
			},
		},
		msg.OrderRejectedContractSettled: {
			func(x *Exchange) error { return x.SettleContract(1, 1, false, "") },
			func(x *Exchange) error { return x.VoidContract(1, 1, "") },
		},
	} {
		for i, f := range end {
			x, _ := settled(t, Market{})
			if err := f(x); err != nil {
				t.Fatal(err)
			}
			c := Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 3000, Quantity: 1000}
			if _, r := x.Submit("a", c); r.Reason != int32(want) {
				t.Errorf("%v, %d: %+v", want, i, r)
			}
		}
	}
}

// A provisional time is sent in whole seconds, rounded up: no fill becomes final earlier.
func TestTimeoutIsRoundedUp(t *testing.T) {
	for d, want := range map[int64]uint32{
		1: 1, second: 1, second + 1: 2, 8 * second: 8, 8*second - 1: 8,
		998*second + 1: 999,
	} {
		x, _ := settled(t, Market{PendingTimeout: d})
		x.Advance(x.Now() + 1000*second)
		var sink recorder
		x.Login("a", &sink)
		for i, side := range []msg.Side{msg.SideBuy, msg.SideSell} {
			x.Submit(names[i], Create{Market: 1, Contract: 3, Side: side, Price: 3000, Quantity: 1000})
		}
		reports, _ := sink.take()
		if r := reports[len(reports)-1]; r.Type != msg.PayloadOrderExecuted || r.PendingTimeout != want {
			t.Errorf("%d ns is told as %d s, want %d", d, r.PendingTimeout, want)
		}
	}
}

// Only accounts with credentials can log in, each with its own.
func TestCredentials(t *testing.T) {
	x, err := New(Config{Accounts: []Account{
		{Username: "a", Password: "pa", Token: "ta"},
		{Username: "none"},
		{Username: "house", Password: "ph", Token: "th", House: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		username, password string
		ok                 bool
	}{
		{"a", "pa", true},
		{"a", "pA", false},
		{"a", "", false},
		{"a", "ta", false},
		{"none", "", false},
		{"house", "ph", false},
		{"", "", false},
		{"b", "pa", false},
	} {
		if id, ok := x.ByPassword([]byte(k.username), []byte(k.password)); ok != k.ok || ok &&
			id.Username != k.username {
			t.Errorf("%s with %q: %+v, %v", k.username, k.password, id, ok)
		}
	}
	for token, want := range map[string]bool{"ta": true, "pa": false, "": false, "th": false} {
		if id, ok := x.ByToken([]byte(token)); ok != want || ok && id.Username != "a" {
			t.Errorf("token %q: %+v, %v", token, id, ok)
		}
	}
}

// ForceReject rejects the given number of requests, and not the next one.
func TestForcedRejectsAreCounted(t *testing.T) {
	x, _ := settled(t, Market{})
	x.ForceReject(msg.PayloadOrderCreate, int32(msg.OrderRejectedLimitExceeded), 2)
	for i := range 4 {
		_, r := x.Submit("a", Create{Market: 1, Contract: 3, Side: msg.SideBuy, Price: 3000, Quantity: 1000})
		if refused := r.Reason == int32(msg.OrderRejectedLimitExceeded); refused != (i < 2) {
			t.Errorf("request %d: %+v", i, r)
		}
	}
}
