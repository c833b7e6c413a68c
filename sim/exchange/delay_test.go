package exchange

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// drive advances the exchange from one due time to the next until end. It fails if one is due at once, for
// ever.
func drive(t *testing.T, x *Exchange, end int64) {
	t.Helper()
	for {
		due := x.Due()
		if due <= x.Now() {
			t.Fatalf("the exchange asks to be called at %d, it is %d", due, x.Now())
		}
		if due > end {
			x.Advance(end)
			return
		}
		x.Advance(due)
	}
}

// A shorter delay holds for replacements from then on: none waits for an older one that is due later.
func TestReplaceDelayShortened(t *testing.T) {
	x := funded(t, 1e12)
	a := x.internalLogin("a")
	next := func(delay int64, price uint32) uint64 {
		t.Helper()
		id, r := x.Submit("a", Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: price, Quantity: 10000})
		if !r.OK() {
			t.Fatal(r)
		}
		x.SetReplaceDelay(delay)
		if id, r = a.Replace(&Replace{OrigOrderID: id, Price: price + 1, Quantity: 10000}); !r.OK() {
			t.Fatal(r)
		}
		return id
	}
	start := x.Now()
	delays := []int64{100, 1, 50, 1, 0, 200, 50}
	var ids []uint64
	for i, d := range delays {
		ids = append(ids, next(d*second, uint32(1000+10*i)))
	}
	for _, at := range []int64{0, 1, 50, 100, 200} {
		if at > 0 {
			drive(t, x, start+at*second-1)
		}
		check := func(now int64) {
			t.Helper()
			for i, id := range ids {
				want := OrderCancelled // between its stages
				if delays[i] <= now {
					want = OrderLive
				}
				if o, _ := x.Order(id); o.State != want {
					t.Errorf("after %d s the replacement due after %d s is %v", now, delays[i], o.State)
				}
			}
		}
		if at > 0 {
			check(at - 1)
			drive(t, x, start+at*second)
		}
		check(at)
	}
	if due := x.Due(); due != math.MaxInt64 {
		t.Errorf("something is due at %d", due)
	}
	if d := x.Audit(); d != "" {
		t.Error(d)
	}
}

// The same for a shorter provisional time.
func TestPendingTimeoutShortened(t *testing.T) {
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: 1e15}, {Username: "b", Balance: 1e15}},
		Markets: []Market{{
			ID: 1, State: msg.MarketStateLive, PendingTimeout: 100 * second, Contracts: []Contract{{ID: 1}, {ID: 2}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var confirmed []uint64
	x.Login("a", confirmations{&confirmed})
	r := rand.New(rand.NewPCG(1, 2))
	due := map[uint64]int64{}
	start := x.Now()
	for range 40 {
		timeout := 1 + r.Int64N(20)
		if err := x.SetManaged(1, true, timeout*second); err != nil {
			t.Fatal(err)
		}
		contract := 1 + r.Uint32N(2)
		id, _ := x.Submit("a", Create{Market: 1, Contract: contract, Side: msg.SideBuy, Price: 5000, Quantity: 1000})
		x.Submit("b", Create{Market: 1, Contract: contract, Side: msg.SideSell, Price: 5000, Quantity: 1000})
		due[id] = start + timeout*second
	}
	// A settlement removes fills and keeps the order of the rest.
	if err := x.SettleContract(1, 2, false, ""); err != nil {
		t.Fatal(err)
	}
	early := len(confirmed)
	for at := start + second; at <= start+20*second; at += second {
		drive(t, x, at)
		for id, d := range due {
			times := 0
			for _, c := range confirmed {
				if c == id {
					times++
				}
			}
			o, _ := x.Order(id)
			if want := d <= at || o.Contract == 2; want != (times == 1) || times > 1 {
				t.Fatalf("%d s on, a fill due after %d s is confirmed %d times",
					(at-start)/second, (d-start)/second, times)
			}
		}
	}
	if early == 0 || early == len(confirmed) || x.Due() != math.MaxInt64 {
		t.Errorf("%d of %d were confirmed early, due %d", early, len(confirmed), x.Due())
	}
	if d := x.Audit(); d != "" {
		t.Error(d)
	}
}

// confirmations records the orders whose fills are confirmed.
type confirmations struct{ ids *[]uint64 }

func (c confirmations) Publish(Message) {}
func (c confirmations) Report(r *Report, _ bool) {
	if r.Type == msg.PayloadOrderExecuteConfirmed {
		*c.ids = append(*c.ids, r.OrderID)
	}
}

// Orders that a replacement refers to keep their slots between its stages.
func TestReplacedOrdersKeepTheirSlots(t *testing.T) {
	x, err := New(Config{
		Accounts:  []Account{{Username: "a", Balance: 1e12}, {Username: "b", Balance: 1e12}},
		Markets:   []Market{{ID: 1, Contracts: []Contract{{ID: 1}}}},
		OrdersMax: orderChunk,
	})
	if err != nil {
		t.Fatal(err)
	}
	x.SetReplaceDelay(second)
	var sink recorder
	a := x.Login("a", &sink)
	create := func(who string) uint64 {
		id, r := x.Submit(who, Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 3000, Quantity: 1000})
		if !r.OK() {
			t.Fatal(r)
		}
		return id
	}
	orig := create("a")
	next, r := a.Replace(&Replace{OrigOrderID: orig, Price: 3100, Quantity: 1000})
	if !r.OK() {
		t.Fatal(r)
	}
	a.Cancel(&Cancel{OrderID: orig})
	for range 3 * orderChunk {
		x.SubmitCancel("b", create("b"))
	}
	for _, id := range []uint64{orig, next} {
		if o, ok := x.Order(id); !ok || o.State != OrderCancelled {
			t.Errorf("order %d is %+v", id, o)
		}
	}
	if d := x.Audit(); d != "" {
		t.Error(d)
	}
	sink.take()
	x.Advance(x.Now() + second)
	reports, _ := sink.take()
	if len(reports) != 1 || reports[0].Type != msg.PayloadOrderCancelReplaceRejected || reports[0].OrderID != next ||
		reports[0].OrigOrderID != orig || reports[0].Reason != int32(msg.OrderCancelReplaceRejectedTooLate) {
		t.Errorf("received %+v", reports)
	}
	for range 3 * orderChunk { // and release them afterwards
		x.SubmitCancel("b", create("b"))
	}
	for _, id := range []uint64{orig, next} {
		if o, ok := x.Order(id); ok {
			t.Errorf("order %d is still kept: %+v", id, o)
		}
	}
	if d := x.Audit(); d != "" {
		t.Error(d)
	}
}

// A removed runner confirms the provisional fills first and reduces them with the rest.
func TestRemoveRunnerConfirmsFirst(t *testing.T) {
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: 1e12}, {Username: "b", Balance: 1e12}},
		Markets: []Market{{
			ID: 1, State: msg.MarketStateLive, PendingTimeout: 10 * second, NonRunners: true,
			Contracts: []Contract{{ID: 1}, {ID: 2}}, WinnerTakesAll: true,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var sink recorder
	x.Login("a", &sink)
	x.Submit("a", Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 5000, Quantity: 10000})
	x.Submit("b", Create{Market: 1, Contract: 1, Side: msg.SideSell, Price: 5000, Quantity: 10000})
	sink.take()
	if err := x.RemoveRunner(1, 2, msg.ReduceTypeQuantity, 1000, "lame"); err != nil {
		t.Fatal(err)
	}
	reports, _ := sink.take()
	if len(reports) != 3 || reports[0].Type != msg.PayloadOrderExecuteConfirmed ||
		reports[1].Type != msg.PayloadOrderReduced || reports[1].Quantity != 9000 ||
		reports[1].SourceQuantity != 10000 || reports[2].Type != msg.PayloadBalanceChanged {
		t.Errorf("received %+v", reports)
	}
	if a, _ := x.Truth("a"); a.Pending != 0 || len(a.Positions) != 1 || a.Positions[0].Net != 9000 {
		t.Errorf("truth %+v", a)
	}
	if d := x.Audit(); d != "" || x.Due() != math.MaxInt64 {
		t.Errorf("due %d, %s", x.Due(), d)
	}
}
