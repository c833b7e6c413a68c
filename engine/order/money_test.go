package order_test

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// find returns the events of a kind.
func find(events []order.Event, kind order.EventKind) (list []order.Event) {
	for _, ev := range events {
		if ev.Kind == kind {
			list = append(list, ev)
		}
	}
	return list
}

// TestMissedFill: the exchange's total executed quantity is compared with the fills seen.
func TestMissedFill(t *testing.T) {
	l := newLine(t, order.Config{}).create().then(accepted)
	l.m.CaughtUp(true, nil, l.now)
	l.sequence++ // a fill of 1000 that is lost
	l.executed = 1000
	events := l.report(executed1, nil)
	missed := find(events, order.MissedFill)
	if len(missed) != 1 || missed[0].Expected != 4000 || missed[0].Reported != 5000 {
		t.Fatalf("events %+v", events)
	}
	p := l.m.Position(1, 2)
	if o := l.order(); o.Executed != 5000 || o.Missed != 1000 || p.Final != 4000 || p.Provisional != 1000 {
		t.Errorf("order %+v, position %+v", o, p)
	}
	if c := l.m.Completeness(); c.Complete || c.Why != order.FillsMissed || c.Missed != 1 {
		t.Errorf("%+v", c)
	}
	if again := find(l.report(executed1, nil), order.MissedFill); len(again) != 0 {
		t.Errorf("told again: %+v", again)
	}
	r := exchange.Report{ // it comes late
		Type: executed1, Side: msg.SideBuy, AccountSequence: 2, OrderID: id, Market: 1, Contract: 2, Price: 4000,
		OrigPrice: 5000, Quantity: 1000, ExecutedQuantity: 1000, AvailableQuantity: 9000,
	}
	events = l.m.Apply(payload(&r), order.Input{Now: l.now, Replayed: true})
	if missed = find(events, order.MissedFill); len(missed) != 1 || missed[0].Expected != missed[0].Reported ||
		!missed[0].Replayed {
		t.Errorf("events %+v", events)
	}
	if c := l.m.Completeness(); !c.Complete || c.Missed != 0 {
		t.Errorf("%+v", c)
	}
	if p = l.m.Position(1, 2); p.Final != 9000 || p.FinalFlow != -(1000*4000+8000*5000) || p.Provisional != 0 {
		t.Errorf("%+v", p)
	}
}

// amounts sets the exchange's amounts in a report.
func amounts(available, reserved exchange.Money) func(r *exchange.Report) {
	return func(r *exchange.Report) { r.AvailableBalance, r.Exposure = available, -reserved }
}

// TestDrift: amounts that differ for a time are reported once, with both figures, until they change.
func TestDrift(t *testing.T) {
	l := newLine(t, order.Config{Tolerance: 10}).create()
	l.report(accepted, amounts(100e8-50e6, 50e6)) // cash is 100
	if a := l.m.Account(); !a.CashKnown || a.Cash != 100e8 || a.Available != 100e8-50e6 || a.Reserved != 50e6 {
		t.Fatalf("%+v", a)
	}
	if events := l.m.Tick(l.now + 10*second); len(events) != 0 {
		t.Errorf("events %+v", events)
	}
	for _, c := range []struct {
		available, reserved exchange.Money
		want                []order.AmountKind
	}{
		{100e8 - 50e6 - 10, 50e6 + 10, nil},
		{100e8 - 50e6 - 11, 50e6 + 11, []order.AmountKind{order.Exposure}},
		{100e8 - 50e6 - 21, 50e6 + 21, nil},
		{100e8 - 50e6 - 32, 50e6 + 32, []order.AmountKind{order.Exposure}},
		{110e8 - 50e6, 50e6, []order.AmountKind{order.Cash}},
		{110e8 - 50e6, 50e6, nil},
	} {
		l.report(msg.PayloadOrderExecuteVoided, func(r *exchange.Report) {
			amounts(c.available, c.reserved)(r)
			r.OrderID, r.Contract, r.Quantity, r.AvailableQuantity = 0, 0, 0, 0 // only the amounts count
		})
		l.now += second - 1
		if events := l.m.Tick(l.now); len(find(events, order.Drift)) != 0 {
			t.Errorf("%v: too early: %+v", c, events)
		}
		l.now++
		if events := l.m.Tick(l.now); len(find(events, order.Drift)) != 0 {
			t.Errorf("%v: not confirmed: %+v", c, events)
		}
		if len(c.want) > 0 && !l.m.DriftPending() {
			t.Errorf("%v: nothing is pending", c)
		}
		drifts := find(l.m.Confirm(l.now), order.Drift)
		if len(drifts) != len(c.want) {
			t.Fatalf("%v: %+v", c, drifts)
		}
		for i, ev := range drifts {
			reported := int64(c.reserved)
			if c.want[i] == order.Cash {
				reported += int64(c.available)
			}
			if ev.Amount != c.want[i] || ev.Reported != reported {
				t.Errorf("%v: %+v", c, ev)
			}
		}
		again := find(append(l.m.Tick(l.now+100*second), l.m.Confirm(l.now+100*second)...), order.Drift)
		if len(again) != 0 || l.m.DriftPending() {
			t.Errorf("told again: %+v", again)
		}
		l.now += 100 * second
	}
	n := 0
	for at := range l.m.LastMessages {
		if n++; n == 1 && at.Type != accepted {
			t.Errorf("the oldest message is %+v", at)
		}
	}
	if n != 7 || l.m.Account().Cash != 110e8 {
		t.Errorf("%d messages, cash %v", n, l.m.Account().Cash)
	}
}

// TestDriftOfABusyAccount: with ever newer reports a difference is told after ten times as long.
func TestDriftOfABusyAccount(t *testing.T) {
	l := newLine(t, order.Config{DriftAfter: second}).create()
	l.report(accepted, amounts(100e8-50e6, 50e6))
	start, told := l.now, int64(0)
	for range 40 {
		l.now += second / 2
		events := l.report(msg.PayloadOrderExecuteVoided, func(r *exchange.Report) {
			amounts(90e8, 10e8)(r)
			r.OrderID, r.Quantity = 0, 0
		})
		if l.m.Tick(l.now); l.m.DriftPending() {
			events = l.m.Confirm(l.now)
		}
		if len(find(events, order.Drift)) > 0 {
			if told != 0 {
				t.Error("told twice")
			}
			told = l.now
		}
	}
	if told < start+10*second || told > start+11*second {
		t.Errorf("told after %d", told-start)
	}
}

// TestOutcomes: the profit of every outcome, with commission on what is won.
func TestOutcomes(t *testing.T) {
	l := newLine(t, order.Config{Commission: 200}).create().then(accepted)
	l.report(executed1, nil) // 4000 bought at 50 %
	l.report(executed1, func(r *exchange.Report) {
		r.OrderID, r.Contract, r.Side, r.Quantity, r.Price, r.OrigPrice = 2000, 3, msg.SideSell, 1000, 2000, 2000
		r.ExecutedQuantity, r.AvailableQuantity = 1000, 0
	})
	var got []order.Profit
	l.m.Outcomes(1, func(p order.Profit) bool { got = append(got, p); return true })
	want := []order.Profit{
		{2, 4000*5000 + 1000*2000, 0, 0},
		{3, -4000*5000 - 1000*8000, 0, 0},
		{0, -4000*5000 + 1000*2000, 0, 0},
	}
	want[0].Commission = 1e6 // 2 % of 0.22 is 0.0044, rounded up to a cent
	for i := range want {
		want[i].Net = want[i].Gross - want[i].Commission
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("outcome %d: %+v, want %+v", i, got, want[i])
		}
	}
	if k := l.m.Market(1); k.Final != 4000*5000+1000*8000 || k.WorstCase != k.Final+k.Open {
		t.Errorf("%+v", k)
	}
	if err := l.m.DefineMarket(1, false); err != nil || l.m.Market(1).Final != 4000*5000+1000*8000 {
		t.Errorf("%v, %+v", err, l.m.Market(1))
	}
	if d := l.m.Audit(); d != "" {
		t.Error(d)
	}
	got = nil
	l.m.Outcomes(1, func(p order.Profit) bool { got = append(got, p); return false })
	if len(got) != 1 {
		t.Error("goes on after false")
	}
}

// TestSettleMarket: by the user's word a market goes to zero and its result is realised.
func TestSettleMarket(t *testing.T) {
	for _, c := range []struct {
		winners []uint32
		want    odds.Money
	}{{[]uint32{2}, 4000 * 5000}, {[]uint32{3}, -4000 * 5000}, {nil, -4000 * 5000}} {
		l := newLine(t, order.Config{}).create()
		l.report(accepted, amounts(100e8-50e6, 50e6))
		l.report(executed1, amounts(100e8-50e6, 50e6))
		events, err := l.m.SettleMarket(1, c.winners, l.now)
		settled := find(events, order.MarketSettled)
		if err != nil || len(settled) != 1 || odds.Money(settled[0].Reported) != c.want || settled[0].Market != 1 {
			t.Fatalf("%v: %v %+v", c, err, events)
		}
		a, k := l.m.Account(), l.m.Market(1)
		if a.Realised != c.want || k.Realised != c.want || a.Cash != 100e8+c.want || k.Final != 0 ||
			!l.m.Position(1, 2).Settled || a.Reserved != 6000*5000 {
			t.Errorf("%v: %+v %+v", c, a, k)
		}
		l.report(executed1, nil) // a late fill does not count
		if k = l.m.Market(1); k.Final != 0 || k.Provision != 0 {
			t.Errorf("%v: %+v", c, k)
		}
	}
	if _, err := must(t, order.Config{}).SettleMarket(9, nil, 0); !errors.Is(err, order.ErrMarketUnknown) {
		t.Error(err)
	}
}

// TestForeignOrders: orders of other sessions of the account count in positions and reserves.
func TestForeignOrders(t *testing.T) {
	l := newLine(t, order.Config{})
	events := l.report(accepted, nil)
	if o := l.order(); !o.Foreign || o.State != order.Live || o.Reference != ref || len(events) != 1 ||
		!events[0].Foreign {
		t.Errorf("%+v %+v", o, events)
	}
	if l.m.ByReference(ref) != nil {
		t.Error("a foreign order is found by its reference")
	}
	l.create() // the same reference, of ours
	if o := l.m.ByReference(ref); o == nil || o.ID != 0 || o.State != order.PendingNew {
		t.Errorf("%+v", o)
	}
	// An acceptance that contradicts ours is about another order.
	events = l.report(accepted, func(r *exchange.Report) { r.OrderID, r.Contract = 3000, 5 })
	if bad := find(events, order.Anomaly); len(bad) != 1 || bad[0].Anomaly != order.ReferenceMismatch {
		t.Errorf("%+v", events)
	}
	if o := l.m.ByReference(ref); o.State != order.PendingNew || l.m.ByID(3000) == nil || !l.m.ByID(3000).Foreign {
		t.Errorf("%+v", o)
	}
	if a := l.m.Account(); a.Open != 2*10000*5000 || a.Asked != 10000*5000 {
		t.Errorf("%+v", a)
	}
}

// TestRepeated: a message whose account sequence was applied changes nothing, whether it is marked or not.
func TestRepeated(t *testing.T) {
	l := newLine(t, order.Config{}).create().then(accepted, executed1)
	before := l.m.Digest()
	r := exchange.Report{
		Type: executed1, Side: msg.SideBuy, AccountSequence: 2, OrderID: id, Market: 1, Contract: 2, Price: 5000,
		OrigPrice: 5000, Quantity: 4000, ExecutedQuantity: 4000, AvailableQuantity: 6000,
	}
	if events := l.m.Apply(payload(&r), order.Input{Now: l.now}); len(events) != 0 {
		t.Errorf("%+v", events)
	}
	if s := l.m.Stats(); s.Repeated != 1 || s.Messages != 3 || l.m.Digest() == before {
		t.Errorf("%+v: what is counted is part of the state", s)
	}
	if o := l.order(); o.Executed != 4000 || o.Available != 6000 {
		t.Errorf("%+v", o)
	}
	// Without an account sequence the total says that the fill was seen.
	r.AccountSequence = 0
	if events := l.m.Apply(payload(&r), order.Input{Now: l.now}); len(events) != 0 || l.order().Executed != 4000 {
		t.Errorf("%+v", events)
	}
}

// TestAccountReset: numbers that begin anew are not repetitions.
func TestAccountReset(t *testing.T) {
	l := newLine(t, order.Config{}).create().then(accepted, executed1)
	l.m.CaughtUp(true, nil, l.now)
	l.m.AccountReset(l.now)
	l.sequence = 0
	l.then(executed1)
	if o := l.order(); o.Executed != 8000 || o.Available != 2000 {
		t.Errorf("%+v", o)
	}
	if c := l.m.Completeness(); c.Why != order.SequenceReset {
		t.Errorf("%+v", c)
	}
	l.m.Reconciled(l.now)
	if c := l.m.Completeness(); !c.Complete {
		t.Errorf("%+v", c)
	}
}

// TestCompleteness follows the label and its events.
func TestCompleteness(t *testing.T) {
	m := must(t, order.Config{})
	cause := errors.New("lacking")
	for i, c := range []struct {
		do      func() []order.Event
		why     order.Why
		changes bool
	}{
		{func() []order.Event { return nil }, order.NotCaughtUp, false},
		{func() []order.Event { return m.CaughtUp(false, cause, 1) }, order.CatchUpLacking, true},
		{func() []order.Event { return m.CaughtUp(false, cause, 1) }, order.CatchUpLacking, false},
		{func() []order.Event { return m.CaughtUp(true, nil, 1) }, 0, true},
		{func() []order.Event { return m.Disconnected(1) }, order.NotCaughtUp, true},
		{func() []order.Event { return m.AccountLost(3, 5, 1) }, order.NotCaughtUp | order.MessagesLost, true},
		{func() []order.Event { return m.CaughtUp(true, nil, 1) }, order.MessagesLost, true},
		{func() []order.Event { return m.Reconciled(1) }, 0, true},
	} {
		events := c.do()
		if got := m.Completeness(); got.Why != c.why || got.Complete != (c.why == 0) ||
			(len(events) == 1) != c.changes {
			t.Errorf("step %d: %+v, events %+v", i, got, events)
		}
		switch got := m.Completeness(); i {
		case 2:
			if got.Cause != cause {
				t.Error(got.Cause)
			}
		case 6:
			if got.Lost != 3 || got.Cause != nil {
				t.Errorf("%+v", got)
			}
		}
	}
}

// TestStaleReports: a report is compared with the reserve that it is about only.
func TestStaleReports(t *testing.T) {
	start := func() *line {
		l := newLine(t, order.Config{}).create()
		l.report(accepted, amounts(100e8-50e6, 50e6))
		return l
	}
	quiet := func(what string, l *line) {
		t.Helper()
		l.now += 3 * second
		if events := l.m.Tick(l.now); len(events) != 0 {
			t.Errorf("%s: %+v", what, events)
		}
	}
	l := start() // a reduce has no amounts
	l.report(executed1, amounts(100e8-49e6, 49e6))
	l.report(msg.PayloadOrderQuantityReduced, nil)
	quiet("a message without amounts", l)

	l = start() // one that is sent again may be older than the states of markets
	l.sequence++
	r := exchange.Report{
		Type: executed1, Side: msg.SideBuy, AccountSequence: l.sequence, OrderID: id, Market: 1, Contract: 2,
		Price:     5000,
		OrigPrice: 5000, Quantity: 4000, ExecutedQuantity: 4000, AvailableQuantity: 6000,
		AvailableBalance: 100e8 - 40e6,
		Exposure:         -40e6,
	}
	l.m.Apply(payload(&r), order.Input{Now: l.now, Replayed: true})
	quiet("a repeated message", l)

	l = start() // one that was overtaken by a reduce
	l.sequence = 5
	l.report(msg.PayloadOrderQuantityReduced, nil)
	r.AccountSequence = 3
	l.m.Apply(payload(&r), order.Input{Now: l.now})
	quiet("an overtaken message", l)
}

// TestMissedVoid: a total below the fills seen is a difference, too, also after a restart.
func TestMissedVoid(t *testing.T) {
	l := newLine(t, order.Config{}).create().then(accepted, executed1)
	l.m.CaughtUp(true, nil, l.now)
	l.executed = 1000 // a void of 3000 is lost
	missed := find(l.report(cancelled, nil), order.MissedFill)
	if len(missed) != 1 || missed[0].Expected != 4000 || missed[0].Reported != 1000 || l.order().Missed != -3000 {
		t.Fatalf("%+v", missed)
	}
	again := must(t, order.Config{})
	if err := again.LoadState(l.m.AppendState(nil)); err != nil {
		t.Fatal(err)
	}
	if c := again.Completeness(); c.Missed != 1 || c.Why != order.FillsMissed || c != l.m.Completeness() {
		t.Errorf("%+v", c)
	}
}

// TestBestLive: the best prices of a contract's live orders and how many are in doubt are those of the orders, whatever
// comes and goes.
func TestBestLive(t *testing.T) {
	m := must(t, order.Config{})
	sequence := uint64(0)
	want := func(what string, bid, offer odds.Price, orders, inDoubt int) {
		t.Helper()
		b, o, n := m.BestLive(3, 4)
		if b != bid || o != offer || n != orders || m.InDoubtCount() != inDoubt {
			t.Errorf("%s: %d and %d of %d, %d in doubt", what, b, o, n, m.InDoubtCount())
		}
	}
	place := func(ref uint64, side msg.Side, price uint32) {
		k := msg.Keys{
			Type: msg.PayloadOrderCreate, Side: side, Market: 3, Contract: 4, Price: price, Quantity: 1000,
			Reference: ref,
		}
		if err := m.Sent(&k, ref, 1); err != nil {
			t.Fatal(err)
		}
	}
	apply := func(r exchange.Report) {
		sequence++
		r.Market, r.Contract, r.AccountSequence, r.HasReference = 3, 4, sequence, r.Reference != 0
		m.Apply(payload(&r), order.Input{Now: 1})
	}
	want("nothing", 0, 0, 0, 0)
	place(1, msg.SideBuy, 4000)
	place(2, msg.SideBuy, 4100)
	place(3, msg.SideSell, 4300)
	place(4, msg.SideSell, 4200)
	want("four orders", 4100, 4200, 4, 0)
	m.ApplyFate(msg.PayloadOrderCreate, 2, 0, order.FateNotSent, 2)
	want("the best bid was not sent", 4000, 4200, 3, 0)
	m.ApplyFate(msg.PayloadOrderCreate, 4, 0, order.FateInDoubt, 2)
	want("the best offer is in doubt", 4000, 4200, 3, 1)
	apply(exchange.Report{
		Type: msg.PayloadOrderAccepted, Side: msg.SideBuy, OrderID: 11, Reference: 1, Price: 3900, Quantity: 1000,
	})
	want("accepted at another price", 3900, 4200, 3, 1)
	replace := func(ref uint64, price uint32) {
		k := msg.Keys{
			Type: msg.PayloadOrderCancelReplace, OrderID: 11, Reference: ref, Price: price, Quantity: 1000,
		}
		if err := m.Sent(&k, ref, 1); err != nil {
			t.Fatal(err)
		}
	}
	replace(20, 4150)
	want("a replace to a better price", 4150, 4200, 3, 1)
	replace(21, 3000)
	want("and another one to a worse one", 4150, 4200, 3, 1)
	m.ApplyFate(msg.PayloadOrderCancelReplace, 20, 0, order.FateNotSent, 2)
	want("which of them was not sent does not count", 4150, 4200, 3, 1)
	m.ApplyFate(msg.PayloadOrderCancelReplace, 21, 0, order.FateNotSent, 2)
	want("neither was sent", 3900, 4200, 3, 1)
	if _, ok := m.Resolve(4, order.Outcome{}, 3); !ok {
		t.Fatal("not resolved")
	}
	want("resolved", 3900, 4300, 2, 0)
	apply(exchange.Report{Type: msg.PayloadOrderCancelled, Side: msg.SideBuy, OrderID: 11})
	want("cancelled", 0, 4300, 1, 0)
	if err := m.LoadState(m.AppendState(nil)); err != nil {
		t.Fatal(err)
	}
	want("restored", 0, 4300, 1, 0)
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
}

// TestResolveReplaceOfUnknown resolves the doubt about a replace of an order that is not known: what it may have
// brought does not count any more.
func TestResolveReplaceOfUnknown(t *testing.T) {
	m, err := order.New(order.Config{Orders: 4, Retained: 4, Requests: 4, Contracts: 4, Fills: 4})
	if err != nil {
		t.Fatal(err)
	}
	k := msg.Keys{
		Type: msg.PayloadOrderCancelReplace, Reference: 9, OrderID: 77, Market: 3, Price: 4000, Quantity: 10_000,
	}
	if err := m.Sent(&k, 5, 1); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Resolve(9, order.Outcome{}, 2); ok {
		t.Error("resolved before it was in doubt")
	}
	m.ApplyFate(k.Type, 9, 5, order.FateInDoubt, 2)
	if a := m.Account(); a.Asked == 0 {
		t.Errorf("nothing is asked for: %+v", a)
	}
	events, ok := m.Resolve(9, order.Outcome{}, 3)
	if !ok || len(events) != 1 || events[0].Kind != order.DoubtResolved || events[0].OrderID != 77 {
		t.Errorf("%t: %+v", ok, events)
	}
	if a := m.Account(); a.Asked != 0 {
		t.Errorf("still asked for: %+v", a)
	}
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
}
