package order_test

import (
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// bought reports an order of a market that bought a quantity of contract 2 at 5000, with the account's amounts.
func (l *line) bought(market uint32, quantity uint64, available, reserved exchange.Money) {
	l.report(executed1, func(r *exchange.Report) {
		r.OrderID, r.Market, r.HasReference = uint64(7000+market), market, false
		r.Quantity, r.ExecutedQuantity, r.AvailableQuantity = quantity, quantity, 0
		amounts(available, reserved)(r)
	})
	l.executed = 0
}

// state applies the state of a market, with its contract 2 in the same state.
func (l *line) state(market uint32, s msg.MarketStateType) []order.Event {
	p := new(msg.Payload)
	m := p.MutableMarketState()
	m.SetMarketId(market)
	m.SetState(s)
	events := l.m.Apply(p, order.Input{Now: l.now})
	if d := l.m.Audit(); d != "" {
		l.t.Fatal(d)
	}
	return events
}

// balance applies the next report, of a small order elsewhere that rests, and lets time pass.
func (l *line) balance(cash, reserved exchange.Money) (events []order.Event) {
	events = slices.Clone(l.report(accepted, func(r *exchange.Report) {
		r.OrderID, r.Market, r.Price, r.Quantity, r.HasReference = 9000+l.sequence, 9, 5000, 2, false
		reserved += 10_000
		amounts(cash-reserved, reserved)(r)
	}))
	l.m.Apply(nothing(), order.Input{Now: l.now})
	for range 3 {
		l.now += 2 * second
		events = append(events, l.m.Tick(l.now)...)
		events = append(events, l.m.Confirm(l.now)...)
	}
	return events
}

func nothing() *msg.Payload {
	p := new(msg.Payload)
	p.MutableMarketState().SetMarketId(99)
	return p
}

// TestResultUnknown: a market that is said to be settled, without what it brought, is incomplete and cannot lose any
// more, until a report shows the cash.
func TestResultUnknown(t *testing.T) {
	l := newLine(t, order.Config{})
	l.bought(1, 4000, 100e8-4000*5000, 4000*5000)
	l.m.CaughtUp(true, nil, l.now)
	events := l.state(1, msg.MarketStateSettled)
	c := l.m.Completeness()
	changed := find(events, order.CompletenessChanged)
	if c.Complete || c.Why != order.ResultUnknown || c.Market != 1 || len(changed) != 1 {
		t.Errorf("%+v, %+v", c, events)
	}
	a, k := l.m.Account(), l.m.Market(1)
	if a.WorstCase != 0 || a.Awaiting != 4000*5000 || a.Available != 100e8-4000*5000 || k.WorstCase != 0 ||
		!k.Awaiting {
		t.Errorf("%+v, %+v", a, k)
	}
	l.m.Reconciled(l.now)
	if l.m.Completeness().Complete {
		t.Error("reconciled")
	}
	events = l.balance(100e8+4000*5000, 0)
	settled := find(events, order.MarketSettled)
	if len(settled) != 1 || settled[0].Market != 1 || settled[0].Other != 2 || len(find(events, order.Drift)) != 0 {
		t.Fatalf("%+v", events)
	}
	a = l.m.Account()
	if c = l.m.Completeness(); !c.Complete || c.Market != 0 || a.Realised != 4000*5000 || a.Cash != 100e8+4000*5000 {
		t.Errorf("%+v, %+v", c, a)
	}
}

// TestDriftBeforeState: what a drift brought is the result of a market of which only later is said that it is settled.
func TestDriftBeforeState(t *testing.T) {
	for _, word := range []bool{false, true} {
		l := newLine(t, order.Config{})
		l.bought(1, 4000, 100e8-4000*5000, 4000*5000)
		l.m.CaughtUp(true, nil, l.now)
		events := l.balance(100e8-4000*5000, 0) // it was settled, and lost
		if len(find(events, order.Drift)) != 2 {
			t.Fatalf("%+v", events)
		}
		if word {
			if _, err := l.m.SettleMarket(1, nil, l.now); err != nil {
				t.Fatal(err)
			}
		} else {
			events = l.state(1, msg.MarketStateSettled)
			if got := find(events, order.MarketSettled); len(got) != 1 || got[0].Reported != -4000*5000 {
				t.Errorf("%+v", events)
			}
		}
		a := l.m.Account()
		if a.Realised != -4000*5000 || a.Cash != 100e8-4000*5000 || a.Final != 0 || !l.m.Completeness().Complete {
			t.Errorf("by word %v: %+v, %+v", word, a, l.m.Completeness())
		}
		if events = l.balance(100e8-4000*5000, 10_000); len(find(events, order.Drift)) != 0 {
			t.Errorf("by word %v: %+v", word, events)
		}
	}
}

// TestTogether: markets that were settled while nobody was subscribed to them are told apart by the sum, if only one
// set of outcomes brings it.
func TestTogether(t *testing.T) {
	const one, two = 4000 * 5000, 1000 * 5000
	for _, c := range []struct {
		name     string
		change   exchange.Money
		first    odds.Money
		second   odds.Money
		quantity uint64
	}{
		{"both win", one + two, one, two, 1000},
		{"one wins", one - two, one, -two, 1000},
		{"the other wins", two - one, -one, two, 1000},
		{"both lose", -one - two, -one, -two, 1000},
		{"which of two is not known", 0, 0, 0, 4000},
		{"no outcomes bring it", 12345, 12345, 0, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLine(t, order.Config{})
			second := exchange.Money(c.quantity * 5000)
			l.bought(1, 4000, 100e8-one, one)
			l.bought(2, c.quantity, 100e8-one-second, one+second)
			l.m.CaughtUp(true, nil, l.now)
			l.state(1, msg.MarketStateSettled)
			l.state(2, msg.MarketStateSettled)
			events := l.balance(100e8+c.change, 0)
			a := l.m.Account()
			if got := len(find(events, order.MarketSettled)); got != 2 || a.Realised != odds.Money(c.change) ||
				a.Cash != odds.Money(100e8+c.change) || a.Final != 0 || !l.m.Completeness().Complete {
				t.Errorf("%d settled, %+v, %+v", got, a, events)
			}
			first, second2 := l.m.Market(1).Realised, l.m.Market(2).Realised
			if first != c.first || second2 != c.second {
				t.Errorf("%v and %v, want %v and %v", first, second2, c.first, c.second)
			}
		})
	}
}

// TestFollow: markets with something at stake are to be followed until they are, or nothing is at stake.
func TestFollow(t *testing.T) {
	l := newLine(t, order.Config{})
	wants := func(want ...uint32) {
		t.Helper()
		var got []uint32
		l.m.ToFollow(func(id uint32) bool { got = append(got, id); return true })
		if !slices.Equal(got, want) {
			t.Errorf("to follow %v, want %v", got, want)
		}
	}
	wants()
	before := l.m.Markets()
	l.bought(1, 4000, 0, 0)
	l.create() // in market 1
	if l.m.Markets() != before+1 {
		t.Errorf("%d markets, before %d", l.m.Markets(), before)
	}
	l.bought(2, 4000, 0, 0)
	wants(1, 2)
	l.m.ToFollow(func(uint32) bool { return false })
	l.m.Follow(1, true)
	l.m.Follow(77, true)
	wants(2)
	l.m.FollowNone()
	wants(1, 2)
	if !l.m.AtStake(1) || l.m.AtStake(77) {
		t.Error("at stake")
	}
	l.state(2, msg.MarketStateSettled)
	wants(1)
	if l.m.AtStake(2) {
		t.Error("settled, and at stake")
	}
	l.m.CaughtUp(true, nil, l.now)
	l.m.Unfollowed(true, l.now)
	if c := l.m.Completeness(); c.Why != order.Unfollowed|order.ResultUnknown {
		t.Errorf("%+v", c)
	}
	l.m.Unfollowed(false, l.now)
	if c := l.m.Completeness(); c.Why != order.ResultUnknown {
		t.Errorf("%+v", c)
	}
}

// TestRepeatedReportIsOld: a report that is sent again may be from between two settlements; what it shows is not taken
// for the result of the later one.
func TestRepeatedReportIsOld(t *testing.T) {
	l := newLine(t, order.Config{})
	l.bought(1, 4000, 100e8-4000*5000, 4000*5000)
	r := exchange.Report{
		Type: accepted, Side: msg.SideBuy, AccountSequence: 2, OrderID: 8000, Market: 3, Contract: 1, Price: 5000,
		Quantity: 2, AvailableQuantity: 2,
	}
	amounts(100e8+123-4000*5000-10_000, 4000*5000+10_000)(&r) // 123 of a settlement before
	l.m.Apply(payload(&r), order.Input{Now: l.now, Replayed: true})
	l.sequence = 2
	l.m.CaughtUp(true, nil, l.now)
	l.state(1, msg.MarketStateSettled)
	for range 3 {
		l.now += 2 * second
		if events := append(l.m.Tick(l.now), l.m.Confirm(l.now)...); len(events) != 0 {
			t.Errorf("%+v", events)
		}
	}
	if c := l.m.Completeness(); c.Why != order.ResultUnknown || l.m.Account().Realised != 0 {
		t.Errorf("%+v, %+v", c, l.m.Account())
	}
	l.balance(100e8+123-4000*5000, 10_000) // it lost
	a := l.m.Account()
	if c := l.m.Completeness(); !c.Complete || a.Realised != -4000*5000 || a.Cash != 100e8+123-4000*5000 {
		t.Errorf("%+v, %+v", c, a)
	}
}
