package risk

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// kinds returns the kinds of the events that wait.
func kinds(g *Gate) (all []EventKind) {
	for _, e := range g.Events() {
		all = append(all, e.Kind)
	}
	return all
}

// TestModeTransitions makes every change from every mode, and expects an event for each that is one.
func TestModeTransitions(t *testing.T) {
	nothing := OpenOrders{Complete: true}
	enter := map[Mode]func(*Gate){
		Active:   func(*Gate) {},
		Reducing: func(g *Gate) { g.Reduce(5, Cause{Reason: "first"}) },
		Halted:   func(g *Gate) { g.Halt(5, Cause{Reason: "first"}) },
	}
	second := Cause{TriggerSignal, "operator", "second"}
	for _, c := range []struct {
		from   Mode
		change string
		to     Mode
		events []EventKind
	}{
		{Active, "halt", Halted, []EventKind{ModeChanged, KillChanged}},
		{Active, "reduce", Reducing, []EventKind{ModeChanged}},
		{Active, "resume", Active, nil},
		{Reducing, "halt", Halted, []EventKind{ModeChanged, KillChanged}},
		{Reducing, "reduce", Reducing, nil},
		{Reducing, "resume", Active, []EventKind{ModeChanged}},
		{Halted, "halt", Halted, nil},
		{Halted, "reduce", Halted, nil},
		{Halted, "resume", Active, []EventKind{ModeChanged}},
	} {
		g := newGate(t, Config{})
		g.Orders(1, nothing)
		enter[c.from](g)
		g.Events()
		before := g.Status()
		changed := c.from != c.to
		switch c.change {
		case "halt":
			if got := g.Halt(9, second); got != changed {
				t.Errorf("%v, halt: reports %t", c.from, got)
			}
		case "reduce":
			if got := g.Reduce(9, second); got != changed {
				t.Errorf("%v, reduce: reports %t", c.from, got)
			}
		case "resume":
			if err := g.Resume(9, second); err != nil {
				t.Errorf("%v, resume: %v", c.from, err)
			}
		}
		after, events := g.Status(), slices.Clone(g.Events())
		if g.Mode() != c.to || after.Mode != c.to {
			t.Errorf("%v, %s: mode is %v", c.from, c.change, g.Mode())
		}
		if changed && (after.Since != 9 || after.Cause != second) {
			t.Errorf("%v, %s: %+v", c.from, c.change, after)
		}
		if !changed && after != before {
			t.Errorf("%v, %s: %+v became %+v", c.from, c.change, before, after)
		}
		if len(events) != len(c.events) {
			t.Errorf("%v, %s: events %+v", c.from, c.change, events)
			continue
		}
		for i, e := range events {
			if e.Kind != c.events[i] || e.At != 9 || e.Mode != c.to || e.Cause != second {
				t.Errorf("%v, %s: event %+v", c.from, c.change, e)
			}
			if e.Kind == ModeChanged && e.From != c.from {
				t.Errorf("%v, %s: from %v", c.from, c.change, e.From)
			}
		}
	}
}

// TestModeReducingEdges expects an order to pass that lowers the worst case filled, and never raises it.
func TestModeReducingEdges(t *testing.T) {
	g := newGate(t, Config{})
	if g.Needs(msg.PayloadOrderCreate) != 0 || g.Needs(msg.PayloadOrderCancelReplace) != 0 {
		t.Error("an active gate without limits needs something")
	}
	g.Reduce(1, Cause{})
	if got := g.Needs(msg.PayloadOrderCreate); got != PartMarket {
		t.Errorf("needs %v", got)
	}
	if got := g.Needs(msg.PayloadOrderCancelReplace); got != PartMarket|PartOriginal {
		t.Errorf("needs %v for a replace", got)
	}
	for _, keys := range []msg.Keys{create(odds.Sell, 2500, 1), replace(2500, 1)} {
		for _, c := range []struct {
			e    Exposure
			want Refusal
		}{
			{Exposure{Before: 100, After: 100, Filled: 99}, Refusal{}},
			{Exposure{Before: 100, After: 99, Filled: 99}, Refusal{}},
			{Exposure{Before: 0, After: 0, Filled: -1}, Refusal{}},
			{Exposure{Before: 100, After: 100, Filled: 100}, Refusal{Limit: LimitReducing, Max: 100, Value: 100}},
			{Exposure{Before: 100, After: 101, Filled: 99}, Refusal{Limit: LimitReducing, Max: 100, Value: 101}},
			{Exposure{Before: 100, After: 100, Filled: 101}, Refusal{Limit: LimitReducing, Max: 100, Value: 101}},
			{Exposure{}, Refusal{Limit: LimitReducing}},
		} {
			s := quiet()
			s.Market = c.e
			if got := refusalOf(t, g.Admit(1, &keys, &s)); got != c.want {
				t.Errorf("%+v: %+v, want %+v", c.e, got, c.want)
			}
		}
		s := quiet()
		s.Market = Exposure{Before: 100, After: 100, Filled: 99}
		s.Known = 0
		if err := g.Admit(1, &keys, &s); !errors.Is(err, LimitUnknown) {
			t.Errorf("unknown: %v", err)
		}
	}
}

// TestModeHaltedRefuses expects nothing about an order to matter, not even a gate without a limit or knowledge.
func TestModeHaltedRefuses(t *testing.T) {
	g := newGate(t, Config{})
	g.Halt(1, Cause{})
	s := quiet()
	s.Market = Exposure{Before: 100, After: 0, Filled: 0}
	for _, keys := range []msg.Keys{create(odds.Sell, 2500, 1), replace(2500, 1), {Type: msg.PayloadOrderCreate}} {
		for _, snapshot := range []*Snapshot{&s, nil} {
			if got := refusalOf(t, g.Admit(1, &keys, snapshot)); got != (Refusal{Limit: LimitHalted}) {
				t.Errorf("%+v", got)
			}
		}
	}
}

// TestWatchdogEdges lets a beat come at both sides of its deadline.
func TestWatchdogEdges(t *testing.T) {
	const period = int64(time.Second)
	keys := create(odds.Buy, 2500, 1)
	start := func() *Gate {
		g := newGate(t, Config{Watchdog: time.Second})
		g.Orders(0, OpenOrders{Complete: true})
		if at, ok := g.Deadline(); !ok || at != period {
			t.Fatalf("deadline %d %t", at, ok)
		}
		return g
	}
	g := start()
	g.Beat(period - 1)
	if g.Tick(2*period - 2); g.Mode() != Active {
		t.Errorf("a beat in time: %v", g.Status())
	}
	if g.Tick(2*period - 1); g.Mode() != Halted || g.Status().Cause.Trigger != TriggerWatchdog {
		t.Errorf("no second beat: %v", g.Status())
	}
	if got := kinds(g); !slices.Equal(got, []EventKind{WatchdogExpired, ModeChanged, KillChanged}) {
		t.Errorf("events %v", got)
	}
	if at, ok := g.Deadline(); ok {
		t.Errorf("an expired watchdog has a deadline: %d", at)
	}
	g.Beat(2 * period)
	if g.Tick(100 * period); g.Mode() != Halted || len(g.Events()) != 0 {
		t.Errorf("a late beat: %v", g.Status())
	}
	if err := g.Resume(200*period, Cause{}); err != nil {
		t.Fatal(err)
	}
	if at, ok := g.Deadline(); !ok || at != 201*period {
		t.Errorf("deadline after Resume: %d %t", at, ok)
	}
	for name, call := range map[string]func(*Gate){
		"admit": func(g *Gate) {
			if err := g.Admit(period, &keys, nil); !errors.Is(err, LimitHalted) {
				t.Errorf("an order when it is due: %v", err)
			}
		},
		"beat":   func(g *Gate) { g.Beat(period) },
		"orders": func(g *Gate) { g.Orders(period, OpenOrders{}) },
	} {
		g := start()
		if call(g); g.Mode() != Halted || g.Status().Cause.Trigger != TriggerWatchdog {
			t.Errorf("%s: %+v", name, g.Status())
		}
	}
	g = start()
	g.Halt(1, Cause{})
	g.Events()
	for now := int64(1); now < 5*period; now += period - 1 {
		if g.Beat(now); len(g.Events()) != 0 {
			t.Error("a watchdog that is beaten while halted expires")
		}
	}
	off := newGate(t, Config{})
	if off.Tick(math.MaxInt64); off.Mode() != Active {
		t.Errorf("no watchdog at the end of time: %v", off.Status())
	}
	if at, ok := off.Deadline(); ok {
		t.Errorf("no watchdog has a deadline: %d", at)
	}
}

// TestBeatAt learns late of beats that came in time, of none, and of one after the watchdog expired.
func TestBeatAt(t *testing.T) {
	const period = int64(time.Second)
	g := newGate(t, Config{Watchdog: time.Second})
	g.BeatAt(5)
	if at, ok := g.Deadline(); !ok || at != 5+period {
		t.Errorf("deadline %d %t", at, ok)
	}
	g.BeatAt(5 + period/2)
	g.BeatAt(5 + period*7/5)
	g.BeatAt(7) // an old one
	if g.Tick(5 + period*2); g.Mode() != Active {
		t.Errorf("beats that came in time: %+v", g.Status())
	}
	g.BeatAt(5 + period*7/5)
	if g.Tick(5 + period*12/5); g.Mode() != Halted || g.Status().Cause.Trigger != TriggerWatchdog {
		t.Errorf("no newer beat: %+v", g.Status())
	}
	if g.BeatAt(5 + period*3); g.Mode() != Halted {
		t.Errorf("a beat after it expired: %+v", g.Status())
	}
	off := newGate(t, Config{})
	if off.BeatAt(1); off.Mode() != Active {
		t.Error("no watchdog expired")
	}
	if at, ok := off.Deadline(); ok {
		t.Errorf("no watchdog has a deadline: %d", at)
	}
}

// TestLossAndDriftResponses reaches both limits with each response.
func TestLossAndDriftResponses(t *testing.T) {
	modes := map[Response]Mode{RespondHalt: Halted, RespondReduce: Reducing, RespondReport: Active}
	for response, mode := range modes {
		g := newGate(t, Config{LossMax: 5, OnLoss: response, DriftMax: 5, OnDrift: response})
		if g.Profit(1, -4); len(g.Events()) != 0 {
			t.Errorf("%v: a loss within its limit", response)
		}
		g.Profit(2, -5)
		events := slices.Clone(g.Events())
		if g.Mode() != mode || len(events) == 0 || events[0].Kind != LossExceeded || events[0].Amount != 5 {
			t.Errorf("%v: a loss at its limit: %v, %+v", response, g.Mode(), events)
		}
		if g.Profit(3, -6); len(g.Events()) != 0 {
			t.Errorf("%v: the same loss twice", response)
		}
		g.Profit(4, -4)
		if g.Profit(5, -5); !slices.Contains(kinds(g), LossExceeded) {
			t.Errorf("%v: a loss that comes back", response)
		}
		for _, difference := range []odds.Money{-6, 6, math.MinInt64, math.MaxInt64} {
			g := newGate(t, Config{DriftMax: 5, OnDrift: response})
			g.Drift(1, 5)
			if g.Drift(1, -5); len(g.Events()) != 0 {
				t.Errorf("%v: a drift within its limit", response)
			}
			g.Drift(1, difference)
			events := slices.Clone(g.Events())
			if g.Mode() != mode || len(events) == 0 || events[0].Kind != DriftExceeded ||
				events[0].Amount != difference {
				t.Errorf("%v: a drift of %d: %v, %+v", response, difference, g.Mode(), events)
			}
			if mode != Active && g.Status().Cause.Trigger != TriggerDrift {
				t.Errorf("%v: %+v", response, g.Status())
			}
		}
	}
	off := newGate(t, Config{})
	off.Profit(1, math.MinInt64)
	if off.Drift(1, math.MaxInt64); off.Mode() != Active || len(off.Events()) != 0 {
		t.Errorf("limits that are off answered: %v", off.Status())
	}
}

// TestLossInAdmitHalts expects an order that comes with a loss to be refused and the gate to be halted, also if the
// order would lower the risk.
func TestLossInAdmitHalts(t *testing.T) {
	for _, c := range []struct {
		market Exposure
		want   Limit
	}{
		{raising(0, 1), LimitLoss},
		{Exposure{Before: 5, After: 5, Filled: 4}, LimitHalted},
	} {
		g := newGate(t, Config{LossMax: 5})
		s, keys := quiet(), create(odds.Buy, 2500, 1)
		s.Profit, s.Market = -5, c.market
		if got := refusalOf(t, g.Admit(1, &keys, &s)); got.Limit != c.want {
			t.Errorf("%+v: %+v", c.market, got)
		}
		if st := g.Status(); st.Mode != Halted || st.Cause.Trigger != TriggerLoss {
			t.Errorf("%+v: %+v", c.market, st)
		}
		g.Orders(1, OpenOrders{Complete: true})
		if err := g.Resume(2, Cause{}); err != nil {
			t.Fatal(err)
		}
		s.Market = raising(0, 1)
		if got := refusalOf(t, g.Admit(2, &keys, &s)); got.Limit != LimitLoss || g.Mode() != Active {
			t.Errorf("resumed with the same loss: %+v, %v", got, g.Mode())
		}
		s.Profit = -4
		if err := g.Admit(3, &keys, &s); err != nil {
			t.Errorf("resumed with a smaller loss: %v", err)
		}
	}
}

// TestEventsAreBounded lets events wait, and expects the latest to be kept in order.
func TestEventsAreBounded(t *testing.T) {
	g := newGate(t, Config{})
	const n = EventsMax + 7
	for i := range n {
		if i%2 == 0 {
			g.Reduce(int64(i), Cause{})
		} else if err := g.Resume(int64(i), Cause{}); err != nil {
			t.Fatal(err)
		}
	}
	events := g.Events()
	if len(events) != EventsMax || g.Stats().EventsLost != 7 {
		t.Fatalf("%d events, %d lost", len(events), g.Stats().EventsLost)
	}
	for i, e := range events {
		if e.At != int64(i+7) {
			t.Fatalf("event %d is of %d", i, e.At)
		}
	}
	if len(g.Events()) != 0 {
		t.Error("events are returned twice")
	}
}

// TestCauseIsBounded expects long texts to be cut.
func TestCauseIsBounded(t *testing.T) {
	g := newGate(t, Config{})
	long := strings.Repeat("x", CauseBytesMax+1)
	g.Halt(1, Cause{Who: long, Reason: long})
	if c := g.Status().Cause; len(c.Who) != CauseBytesMax || len(c.Reason) != CauseBytesMax {
		t.Errorf("%d and %d bytes", len(c.Who), len(c.Reason))
	}
}
