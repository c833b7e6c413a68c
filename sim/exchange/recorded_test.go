package exchange

import (
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// recordedMarket returns an exchange with one recorded market, an account "bot" with 1,000.00, and the fills that are
// reported.
func recordedMarket(t *testing.T, q Queue) (x *Exchange, fills *[]RecordedFill) {
	t.Helper()
	fills = new([]RecordedFill)
	x, err := New(Config{
		Accounts: []Account{
			{Username: "bot", Balance: 1000 * Currency}, {Username: "others", House: true, Balance: 1e6 * Currency},
		},
		Markets: []Market{{
			ID: 1, Name: "market", State: msg.MarketStateLive, WinnerTakesAll: true, NonRunners: true,
			Contracts: []Contract{{ID: 10, Name: "a"}, {ID: 11, Name: "b"}},
		}},
		Recorded: Recorded{Account: "others", Queue: q, OnFill: func(f RecordedFill) { *fills = append(*fills, f) }},
		Now:      1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return x, fills
}

// playChange applies a change of contract 10 and checks the exchange's invariants.
func playChange(t *testing.T, x *Exchange, levels []ChangedLevel, trades ...Trade) {
	t.Helper()
	if err := x.Play(1, 10, &Change{Levels: levels, Trades: trades}); err != nil {
		t.Fatal(err)
	}
	if text := x.Audit(); text != "" {
		t.Fatal(text)
	}
}

func bid(price uint32, quantity uint64) ChangedLevel {
	return ChangedLevel{Side: msg.SideBuy, Price: price, Quantity: quantity}
}

func offer(price uint32, quantity uint64) ChangedLevel {
	return ChangedLevel{Side: msg.SideSell, Price: price, Quantity: quantity}
}

func sold(price uint32, quantity uint64) Trade {
	return Trade{Side: msg.SideBuy, Price: price, Quantity: quantity, Others: quantity}
}

func order10(side msg.Side, price uint32, quantity uint64) Create {
	return Create{Market: 1, Contract: 10, Side: side, Price: price, Quantity: quantity}
}

func submitBot(t *testing.T, x *Exchange, c Create) uint64 {
	t.Helper()
	id, r := x.Submit("bot", c)
	if !r.OK() {
		t.Fatalf("rejected: %+v", r)
	}
	return id
}

// TestRecordedQueue follows an order through its queue: trades take from the front, cancels from where the assumption
// says.
func TestRecordedQueue(t *testing.T) {
	for q, want := range map[Queue][4]uint64{
		// ahead after: 3,000 traded; 6,000 of 12,000 cancelled; 2,000 added; and filled by a trade of 4,000
		QueuePessimistic:  {7000, 6000, 6000, 0},
		QueueProportional: {7000, 3500, 3500, 500},
		QueueOptimistic:   {7000, 1000, 1000, 3000},
	} {
		x, fills := recordedMarket(t, q)
		playChange(t, x, []ChangedLevel{bid(4000, 10_000), offer(4100, 10_000)})
		id := submitBot(t, x, order10(msg.SideBuy, 4000, 5000))
		var got [4]uint64
		playChange(t, x, []ChangedLevel{bid(4000, 7000)}, sold(4000, 3000))
		got[0], _ = x.Ahead(id)
		playChange(t, x, []ChangedLevel{bid(4000, 12_000)})
		playChange(t, x, []ChangedLevel{bid(4000, 6000)})
		got[1], _ = x.Ahead(id)
		playChange(t, x, []ChangedLevel{bid(4000, 8000)})
		got[2], _ = x.Ahead(id)
		playChange(t, x, []ChangedLevel{bid(4000, 4000)}, sold(4000, 4000))
		o, _ := x.Order(id)
		if got[3] = o.Executed; got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
		for _, f := range *fills {
			if f.Reason != FillQueueReached || f.Price != 4000 {
				t.Errorf("%v: %+v", q, f)
			}
		}
	}
}

// TestRecordedFills covers the ways to be filled.
func TestRecordedFills(t *testing.T) {
	book := []ChangedLevel{bid(4000, 10_000), offer(4100, 5000), offer(4200, 5000)}
	for _, c := range []struct {
		name   string
		before Create
		levels []ChangedLevel
		trades []Trade
		want   []RecordedFill
	}{
		{"took two levels", order10(msg.SideBuy, 4200, 8000), nil, nil, []RecordedFill{
			{Price: 4100, Quantity: 5000, Reason: FillTook}, {Price: 4200, Quantity: 3000, Reason: FillTook},
		}},
		{
			"took what is visible and waits with the rest", order10(msg.SideBuy, 4100, 8000),
			[]ChangedLevel{offer(4100, 7000)},
			nil,
			[]RecordedFill{
				{Price: 4100, Quantity: 5000, Reason: FillTook}, {Price: 4100, Quantity: 2000, Reason: FillCrossed},
			},
		},
		{
			"took all that is visible, some of which leaves", order10(msg.SideBuy, 4100, 8000),
			[]ChangedLevel{offer(4100, 2000)},
			nil,
			[]RecordedFill{{Price: 4100, Quantity: 5000, Reason: FillTook}},
		},
		{
			"traded through", order10(msg.SideBuy, 4050, 8000),
			[]ChangedLevel{bid(4000, 7000)},
			[]Trade{sold(4000, 3000)},
			[]RecordedFill{{Price: 4050, Quantity: 3000, Reason: FillTradedThrough}},
		},
		{
			"behind the queue", order10(msg.SideBuy, 4000, 8000),
			[]ChangedLevel{bid(4000, 1000)},
			[]Trade{sold(4000, 9000)},
			nil,
		},
		{
			"behind the market", order10(msg.SideBuy, 3990, 8000),
			[]ChangedLevel{bid(4000, 1000)},
			[]Trade{sold(4000, 9000)},
			nil,
		},
		{
			"immediate or cancel", Create{
				Market: 1, Contract: 10, Side: msg.SideBuy, Price: 4100, Quantity: 8000, TIF: msg.ImmediateOrCancel,
			}, []ChangedLevel{offer(4100, 2000)}, nil, []RecordedFill{{Price: 4100, Quantity: 5000, Reason: FillTook}},
		},
		{"minimum out of reach", Create{
			Market: 1, Contract: 10, Side: msg.SideBuy, Price: 4100, Quantity: 8000, Maq: 5001,
		}, []ChangedLevel{offer(4100, 9000)}, nil, nil},
		{
			"the recording account's own trade", order10(msg.SideBuy, 4050, 8000),
			[]ChangedLevel{bid(4000, 7000)},
			[]Trade{{Side: msg.SideBuy, Price: 4000, Quantity: 3000, Others: 1000}},
			[]RecordedFill{{Price: 4050, Quantity: 3000, Reason: FillTradedThrough}},
		},
	} {
		x, fills := recordedMarket(t, QueuePessimistic)
		playChange(t, x, book)
		id := submitBot(t, x, c.before)
		playChange(t, x, c.levels, c.trades...)
		for i := range *fills {
			if (*fills)[i].OrderID != id {
				t.Errorf("%s: a fill of order %d", c.name, (*fills)[i].OrderID)
			}
			(*fills)[i].OrderID = 0
		}
		if !slices.Equal(*fills, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, *fills, c.want)
		}
	}
}

// TestRecordedOnce takes a level, of which then some leaves and something is added, again and again: what was visible
// can be taken once.
func TestRecordedOnce(t *testing.T) {
	x, fills := recordedMarket(t, QueueOptimistic)
	playChange(t, x, []ChangedLevel{offer(4100, 5000)})
	submitBot(t, x, order10(msg.SideBuy, 4100, 4000))
	submitBot(t, x, order10(msg.SideBuy, 4100, 100_000))
	for _, n := range []uint64{4900, 3000, 2999, 3500, 3400, 0, 600} { // 501 are added, and 600
		playChange(t, x, []ChangedLevel{offer(4100, n)})
	}
	if err := x.Play(1, 10, &Change{Levels: []ChangedLevel{offer(4100, 700)}, Reset: true}); err != nil {
		t.Fatal(err)
	}
	var filled uint64
	for _, f := range *fills {
		filled += f.Quantity
	}
	if want := uint64(5000 + 501 + 600 + 700); filled != want {
		t.Errorf("filled %d, want %d", filled, want)
	}
}

// TestRecordedVolume counts a trade once over several orders, those at better prices first.
func TestRecordedVolume(t *testing.T) {
	x, fills := recordedMarket(t, QueuePessimistic)
	playChange(t, x, []ChangedLevel{bid(4000, 2000)})
	behind := submitBot(t, x, order10(msg.SideBuy, 4000, 5000))
	better := submitBot(t, x, order10(msg.SideBuy, 4010, 4000))
	last := submitBot(t, x, order10(msg.SideBuy, 4000, 5000))
	playChange(t, x, []ChangedLevel{bid(4000, 0)}, sold(4000, 5000), sold(4000, 8000))
	filled := make(map[uint64]uint64)
	for _, f := range *fills {
		filled[f.OrderID] += f.Quantity
	}
	if filled[better] != 4000 || filled[behind] != 5000 || filled[last] != 2000 {
		t.Errorf("of 13,000: %v: better %d, behind 2,000 %d, last %d", filled, better, behind, last)
	}
}

// TestRecordedHidden holds what is ahead of an order to what is seen when its level becomes visible.
func TestRecordedHidden(t *testing.T) {
	for q, want := range map[Queue]uint64{QueuePessimistic: 6000, QueueProportional: 3000, QueueOptimistic: 0} {
		x, _ := recordedMarket(t, q)
		c := &Change{Levels: []ChangedLevel{bid(4000, 10_000)}, Worst: [2]uint32{4000, 0}}
		if err := x.Play(1, 10, c); err != nil {
			t.Fatal(err)
		}
		id := submitBot(t, x, order10(msg.SideBuy, 3900, 5000))
		if _, known := x.Ahead(id); known != (q == QueueOptimistic) {
			t.Errorf("%v: the queue of a level that is not visible: %t", q, known)
		}
		c = &Change{Levels: []ChangedLevel{bid(4000, 0), bid(3900, 6000)}, Worst: [2]uint32{3900, 0}}
		if err := x.Play(1, 10, c); err != nil {
			t.Fatal(err)
		}
		if got, _ := x.Ahead(id); got != want {
			t.Errorf("%v: %d ahead, want %d", q, got, want)
		}
	}
}

// TestRecordedMoney settles what was filled against the recording: the account gets what it won, to the last unit, and
// orders are refused as usual.
func TestRecordedMoney(t *testing.T) {
	x, _ := recordedMarket(t, QueuePessimistic)
	playChange(t, x, []ChangedLevel{bid(4000, 10_000), offer(4100, 50_000)})
	submitBot(t, x, order10(msg.SideBuy, 4100, 20_000))
	if _, r := x.Submit("bot", order10(msg.SideBuy, 4100, 1e9)); r.Reason != int32(msg.OrderRejectedInsufficientFunds) {
		t.Errorf("more than the account has: %+v", r)
	}
	resting := submitBot(t, x, order10(msg.SideSell, 4200, 10_000))
	if _, r := x.Submit("bot", order10(msg.SideBuy, 4200, 45_000)); r.Reason != int32(msg.OrderRejectedCrossedSelf) {
		t.Errorf("across its own order: %+v", r)
	}
	if err := x.Halt(1, ""); err != nil {
		t.Fatal(err)
	}
	if o, _ := x.Order(resting); o.State != OrderCancelled {
		t.Errorf("after a halt the order is %v", o.State)
	}
	if _, r := x.Submit("bot", order10(msg.SideBuy, 4100, 1000)); r.Reason != int32(msg.OrderRejectedMarketHalted) {
		t.Errorf("in a halt: %+v", r)
	}
	if err := x.Settle(1, "", 10); err != nil {
		t.Fatal(err)
	}
	got, _ := x.Truth("bot")
	if want := 1000*Currency + Money(20_000*(PriceSum-4100)); got.Cash != want {
		t.Errorf("the account has %v, want %v", got.Cash, want)
	}
	playChange(t, x, []ChangedLevel{bid(4000, 1)}) // ignored
	if err := x.Play(1, 99, &Change{}); err == nil {
		t.Error("a change of a contract that is not there")
	}
}

// TestRecordedLevelGone expects nothing of a level that was not visible for a while and was not named when it would be
// visible again, though an order was there meanwhile.
func TestRecordedLevelGone(t *testing.T) {
	x, _ := recordedMarket(t, QueuePessimistic)
	change := func(worst uint32, levels ...ChangedLevel) {
		if err := x.Play(1, 10, &Change{Levels: levels, Worst: [2]uint32{worst, 0}}); err != nil {
			t.Fatal(err)
		}
	}
	change(0, bid(3900, 6000))
	id := submitBot(t, x, order10(msg.SideBuy, 3900, 5000))
	change(4000, bid(4000, 10_000)) // 3900 is not visible any more
	if r := x.SubmitCancel("bot", id); !r.OK() {
		t.Fatal(r)
	}
	change(0) // all levels are visible, and 3900 is not among them
	id = submitBot(t, x, order10(msg.SideBuy, 3900, 5000))
	if ahead, _ := x.Ahead(id); ahead != 0 {
		t.Errorf("%d ahead at an empty level", ahead)
	}
}

// reportSink keeps what is reported of fills.
type reportSink struct{ reports []Report }

func (*reportSink) Publish(Message) {}

func (s *reportSink) Report(r *Report, _ bool) {
	if r.Type == msg.PayloadOrderExecuted {
		s.reports = append(s.reports, *r)
	}
}

// TestSeveralTrades fills an order by several trades of one change: each report says what was filled up to it.
func TestSeveralTrades(t *testing.T) {
	x, _ := recordedMarket(t, QueueOptimistic)
	var sink reportSink
	x.Login("bot", &sink)
	playChange(t, x, []ChangedLevel{bid(3900, 10_000), offer(4200, 10_000)})
	submitBot(t, x, order10(msg.SideBuy, 4000, 5000))
	playChange(t, x, nil, sold(4000, 1000), sold(3900, 1500), sold(4000, 9000))
	var executed uint64
	for i, quantity := range []uint64{1000, 1500, 2500} {
		if i >= len(sink.reports) {
			t.Fatalf("only %d reports", i)
		}
		r := &sink.reports[i]
		if executed += quantity; r.Quantity != quantity || r.ExecutedQuantity != executed ||
			r.AvailableQuantity != 5000-executed || r.AveragePrice != 4000 {
			t.Errorf("report %d: %d filled, %d of all, %d left, at %d", i, r.Quantity, r.ExecutedQuantity,
				r.AvailableQuantity, r.AveragePrice)
		}
	}
}

// TestManyFills fills an order more often than orders are kept, in a market that keeps every fill.
func TestManyFills(t *testing.T) {
	const more = 5000
	x, fills := recordedMarket(t, QueueOptimistic)
	playChange(t, x, []ChangedLevel{bid(10, 10_000), offer(4200, 10_000)})
	id := submitBot(t, x, order10(msg.SideBuy, 100, 2_000_000))
	change := &Change{Trades: []Trade{sold(50, 1)}}
	for range ordersDefault + more {
		if err := x.Play(1, 10, change); err != nil {
			t.Fatal(err)
		}
	}
	if o, _ := x.Order(id); len(*fills) != ordersDefault+more || o.Executed != ordersDefault+more {
		t.Errorf("%d fills, %d filled", len(*fills), o.Executed)
	}
	if n := x.Forgotten(); n < more || n > more+2*fillsForgotten {
		t.Errorf("%d fills are forgotten", n)
	}
	if text := x.Audit(); text != "" {
		t.Error(text)
	}
}

// TestForgetsMost forgets fills of the market that keeps the most: those of a smaller one can still be reduced.
func TestForgetsMost(t *testing.T) {
	market := func(id uint32) Market {
		return Market{
			ID: id, Name: "market", State: msg.MarketStateLive, WinnerTakesAll: true, NonRunners: true,
			Contracts: []Contract{{ID: 10 * id, Name: "a"}, {ID: 10*id + 1, Name: "b"}},
		}
	}
	x, err := New(Config{
		Accounts: []Account{
			{Username: "bot", Balance: 1000 * Currency}, {Username: "others", House: true, Balance: 1e6 * Currency},
		},
		Markets:  []Market{market(1), market(2), market(3)},
		Recorded: Recorded{Account: "others", Queue: QueueOptimistic},
		Now:      1,
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := func() (list []int) {
		for _, m := range x.markets {
			list = append(list, m.final.len())
		}
		return list
	}
	fills := []int{2, fillsForgotten + 5, 3}
	for i, n := range fills {
		id := uint32(i + 1)
		_ = x.Play(id, 10*id, &Change{Levels: []ChangedLevel{bid(10, 10_000), offer(4200, 10_000)}})
		o := order10(msg.SideBuy, 100, 200_000)
		o.Market, o.Contract = id, 10*id
		submitBot(t, x, o)
		for range n {
			if err := x.Play(id, 10*id, &Change{Trades: []Trade{sold(50, 1)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, want := range [][]int{fills, {2, 5, 3}, {2, 0, 3}, {2, 0, 0}, {0, 0, 0}} {
		if got := kept(); !slices.Equal(got, want) {
			t.Errorf("fills that are kept: %d, want %d", got, want)
		}
		x.forgetFills()
	}
	if n := x.Forgotten(); n != uint64(2+fillsForgotten+5+3) || x.forgetFills() {
		t.Errorf("%d are forgotten", n)
	}
}
