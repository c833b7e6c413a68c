package order_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// line is an account's stream of reports, made by hand.
type line struct {
	t        testing.TB
	m        *order.Manager
	sequence uint64
	now      int64
	executed uint64
}

func newLine(t testing.TB, c order.Config) *line { return &line{t: t, m: must(t, c), now: second} }

// ref and id are the reference and the order id of the order that a line is about, child the id of its replacement.
const (
	ref   = 7
	id    = 1000
	child = 1001
)

func (l *line) create() *line {
	k := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 1, Contract: 2, Price: 5000, Reference: ref,
		Quantity: 10000,
	}
	if err := l.m.Sent(&k, 2, l.now); err != nil {
		l.t.Fatal(err)
	}
	return l
}

func (l *line) send(typ msg.PayloadType, reference uint64) *line {
	k := msg.Keys{Type: typ, OrderID: id, Reference: reference, Quantity: 5000, Price: 5100}
	if err := l.m.Sent(&k, reference, l.now); err != nil {
		l.t.Fatal(err)
	}
	return l
}

// report applies a report of a type about the order, with what change sets.
func (l *line) report(typ msg.PayloadType, change func(r *exchange.Report)) []order.Event {
	l.sequence++
	r := exchange.Report{
		Type: typ, Side: msg.SideBuy, AccountSequence: l.sequence, OrderID: id, Market: 1, Contract: 2, Price: 5000,
		OrigPrice: 5000, Quantity: 10000, ExecutedQuantity: l.executed, AvailableQuantity: 10000 - l.executed,
		AveragePrice: 5000, Reason: 1, Reference: ref, HasReference: true,
	}
	switch typ {
	case msg.PayloadOrderExecuted:
		r.Quantity = 4000
		r.ExecutedQuantity += 4000
		r.AvailableQuantity = 10000 - r.ExecutedQuantity
	case msg.PayloadOrderExecuteConfirmed:
		r.Quantity = 4000
	case msg.PayloadOrderExecuteVoided:
		r.Quantity = 4000
		r.ExecutedQuantity -= min(r.ExecutedQuantity, 4000)
	case msg.PayloadOrderQuantityReduced:
		r.NewQuantity = 1000
	case msg.PayloadOrderReduced:
		r.SourceQuantity = r.ExecutedQuantity
		r.ExecutedQuantity /= 2
		r.Quantity = r.ExecutedQuantity
	case msg.PayloadOrderVoided:
		r.SourceQuantity, r.ExecutedQuantity = r.ExecutedQuantity, 0
	case msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted,
		msg.PayloadOrderCancelReplaceRejected:
		r.OrderID, r.OrigOrderID, r.Reference = child, id, 9
		r.Quantity, r.AvailableQuantity = 12000, 12000-l.executed
	case msg.PayloadOrderCancelRejected, msg.PayloadOrderQuantityReduceRejected:
		r.Reason = 4
	}
	if change != nil {
		change(&r)
	}
	switch typ {
	case msg.PayloadOrderExecuted, msg.PayloadOrderExecuteVoided, msg.PayloadOrderReduced, msg.PayloadOrderVoided:
		l.executed = r.ExecutedQuantity
	}
	events := l.m.Apply(payload(&r), order.Input{Now: l.now})
	if d := l.m.Audit(); d != "" {
		l.t.Fatal(d)
	}
	return events
}

func (l *line) then(types ...msg.PayloadType) *line {
	for _, typ := range types {
		l.report(typ, nil)
	}
	return l
}

// order returns the order of the line.
func (l *line) order() order.Order {
	o := l.m.ByReference(ref)
	if o == nil {
		o = l.m.ByID(id)
	}
	if o == nil {
		l.t.Fatal("the order is not kept")
	}
	return *o
}

const (
	accepted  = msg.PayloadOrderAccepted
	executed1 = msg.PayloadOrderExecuted
	cancelled = msg.PayloadOrderCancelled
)

// situations make an order of every state.
var situations = map[order.State]func(l *line){
	order.PendingNew:      func(l *line) { l.create() },
	order.Live:            func(l *line) { l.create().then(accepted) },
	order.PartiallyFilled: func(l *line) { l.create().then(accepted, executed1) },
	order.Filled: func(l *line) {
		l.create().then(accepted, executed1, executed1)
		l.report(executed1, func(r *exchange.Report) {
			r.Quantity, r.ExecutedQuantity, r.AvailableQuantity = 2000, 10000, 0
		})
	},
	order.Cancelled:          func(l *line) { l.create().then(accepted, cancelled) },
	order.PartiallyCancelled: func(l *line) { l.create().then(accepted, executed1, cancelled) },
	order.Rejected:           func(l *line) { l.create().then(msg.PayloadOrderRejected) },
	order.Invalid:            func(l *line) { l.create().then(msg.PayloadOrderInvalid) },
	order.Replaced: func(l *line) {
		l.create().then(accepted, msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted)
	},
	order.Voided: func(l *line) { l.create().then(accepted, executed1, cancelled, msg.PayloadOrderVoided) },
	order.NotPlaced: func(l *line) {
		l.create().m.ApplyFate(msg.PayloadOrderCreate, ref, 2, order.FateNotSent, l.now)
	},
}

// table says which state a message leads to. A state that is not named stays.
var table = map[msg.PayloadType]map[order.State]order.State{
	accepted: {order.PendingNew: order.Live, order.NotPlaced: order.Live},
	msg.PayloadOrderRejected: {
		order.PendingNew: order.Rejected, order.NotPlaced: order.Rejected,
	},
	msg.PayloadOrderInvalid: {order.PendingNew: order.Invalid, order.NotPlaced: order.Invalid},
	executed1: {
		order.Live: order.PartiallyFilled, order.Cancelled: order.PartiallyCancelled,
	},
	msg.PayloadOrderExecuteConfirmed: {},
	msg.PayloadOrderExecuteVoided: {
		order.PartiallyFilled: order.Live, order.PartiallyCancelled: order.Cancelled,
	},
	cancelled: {
		order.Live: order.Cancelled, order.PartiallyFilled: order.PartiallyCancelled,
	},
	msg.PayloadOrderCancelRejected:         {},
	msg.PayloadOrderQuantityReduced:        {},
	msg.PayloadOrderQuantityReduceRejected: {},
	msg.PayloadOrderReduced:                {},
	msg.PayloadOrderVoided: {
		order.Live: order.Voided, order.PartiallyFilled: order.Voided, order.Filled: order.Voided,
		order.Cancelled: order.Voided, order.PartiallyCancelled: order.Voided, order.Replaced: order.Voided,
	},
	msg.PayloadOrderPendingReplace: {},
	msg.PayloadOrderCancelReplaceAccepted: {
		order.Live: order.Replaced, order.PartiallyFilled: order.Replaced,
	},
	msg.PayloadOrderCancelReplaceRejected: {},
	msg.PayloadOrderCancelAllAccepted:     {},
	msg.PayloadOrderCancelAllRejected:     {},
	msg.PayloadBalanceChanged:             {},
}

// withoutID are states of orders that never had an id: messages about an id are about another order.
var withoutID = []order.State{order.PendingNew, order.Rejected, order.Invalid, order.NotPlaced}

// TestStateTable applies every message to an order in every state.
func TestStateTable(t *testing.T) {
	cells := 0
	for typ := range order.Effects {
		p := msg.PayloadType(typ)
		next, ok := table[p]
		if !ok {
			t.Errorf("the table has no row for %v", p)
		}
		for state, situation := range situations {
			l := newLine(t, order.Config{Orders: 8, Retained: 8, Requests: 8, Contracts: 4, Fills: 16})
			situation(l)
			if got := l.order().State; got != state {
				t.Fatalf("the situation for %v is %v", state, got)
			}
			want := state
			if s, ok := next[state]; ok {
				want = s
			}
			l.report(p, nil)
			cells++
			if got := l.order().State; got != want {
				t.Errorf("%v: %v leads to %v, want %v", state, p, got, want)
			}
			if slices.Contains(withoutID, state) {
				continue
			}
			o := l.order()
			if o.State.Terminal() && (o.Available != 0 || o.Overlay != 0) {
				t.Errorf("%v: after %v it has %+v", state, p, o)
			}
		}
	}
	if len(situations) != 11 {
		t.Errorf("%d states have a situation", len(situations))
	}
	t.Logf("%d cells", cells)
}

// TestOverlays follows what is under way about an order.
func TestOverlays(t *testing.T) {
	const (
		cancel, reduce, replace = msg.PayloadOrderCancel, msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelReplace
		rejected                = msg.PayloadOrderCancelRejected
	)
	answer := func(typ msg.PayloadType, reference uint64, change func(r *exchange.Report)) func(l *line) {
		return func(l *line) {
			l.report(typ, func(r *exchange.Report) {
				r.Reference = reference
				if change != nil {
					change(r)
				}
			})
		}
	}
	sends := func(typ msg.PayloadType, reference uint64) func(l *line) {
		return func(l *line) { l.send(typ, reference) }
	}
	stage1 := func(r *exchange.Report) { r.OrderID, r.OrigOrderID = 0, id }
	for i, c := range []struct {
		steps []func(l *line)
		want  []order.Overlay
	}{
		{
			[]func(l *line){sends(cancel, 20), sends(cancel, 21), answer(rejected, 20, nil), answer(rejected, 21, nil)},
			[]order.Overlay{order.PendingCancel, order.PendingCancel, order.PendingCancel, 0},
		},
		{
			[]func(l *line){sends(cancel, 20), sends(reduce, 21), answer(cancelled, 20, nil)},
			[]order.Overlay{order.PendingCancel, order.PendingCancel | order.PendingReduce, 0},
		},
		{
			[]func(l *line){sends(reduce, 21), answer(msg.PayloadOrderQuantityReduced, 21, nil)},
			[]order.Overlay{order.PendingReduce, 0},
		},
		{
			[]func(l *line){sends(reduce, 21), answer(msg.PayloadOrderQuantityReduceRejected, 21, nil)},
			[]order.Overlay{order.PendingReduce, 0},
		},
		{
			[]func(l *line){sends(replace, 9), answer(rejected, 9, stage1)},
			[]order.Overlay{order.PendingReplace, 0},
		},
		{
			[]func(l *line){
				sends(replace, 9), answer(msg.PayloadOrderPendingReplace, 9, nil),
				answer(msg.PayloadOrderCancelReplaceAccepted, 9, nil),
			},
			[]order.Overlay{order.PendingReplace, order.PendingReplace, 0},
		},
		{ // of another session
			[]func(l *line){
				answer(msg.PayloadOrderPendingReplace, 9, nil), answer(msg.PayloadOrderCancelReplaceRejected, 9, nil),
			},
			[]order.Overlay{order.PendingReplace, 0},
		},
		{ // crossed self: whether the original lives is uncertain, until the next message about it
			[]func(l *line){
				sends(replace, 9), answer(msg.PayloadOrderPendingReplace, 9, nil),
				answer(msg.PayloadOrderCancelReplaceRejected, 9, func(r *exchange.Report) { r.Reason = 2 }),
				answer(executed1, 0, nil),
			},
			[]order.Overlay{order.PendingReplace, order.PendingReplace, order.InDoubt, 0},
		},
		{ // a request that did not leave
			[]func(l *line){sends(cancel, 20), func(l *line) {
				l.m.ApplyFate(cancel, 20, 20, order.FateNotSent, l.now)
			}},
			[]order.Overlay{order.PendingCancel, 0},
		},
		{ // not live, and nothing ends it
			[]func(l *line){
				sends(cancel, 20), answer(rejected, 20, func(r *exchange.Report) { r.Reason = 2 }),
				func(l *line) { l.m.Tick(l.now + second - 1) }, func(l *line) { l.m.Tick(l.now + second) },
				answer(executed1, 0, nil),
			},
			[]order.Overlay{order.PendingCancel, 0, 0, order.InDoubt, 0},
		},
		{ // not live, and a cancel ends it
			[]func(l *line){
				sends(cancel, 20), answer(rejected, 20, func(r *exchange.Report) { r.Reason = 1 }), answer(cancelled, 0,
					nil),
				func(l *line) { l.m.Tick(l.now + 2*second) },
			},
			[]order.Overlay{order.PendingCancel, 0, 0, 0},
		},
	} {
		l := newLine(t, order.Config{}).create().then(accepted)
		for k, step := range c.steps {
			step(l)
			if got := l.order().Overlay; got != c.want[k] {
				t.Errorf("case %d, step %d: overlay %v, want %v", i, k, got, c.want[k])
			}
		}
	}
}

// TestDoubt: an order in doubt reserves its worst case until a report, the user or the exchange resolves it.
func TestDoubt(t *testing.T) {
	for i, c := range []struct {
		resolve func(l *line) bool
		state   order.State
		worst   odds.Money
	}{
		{func(l *line) bool { l.then(accepted); return true }, order.Live, 5000e4},
		{func(l *line) bool { l.then(msg.PayloadOrderRejected); return true }, order.Rejected, 0},
		{func(l *line) bool { l.then(cancelled); l.then(accepted); return true }, order.Cancelled, 0},
		{
			func(l *line) bool { _, ok := l.m.Resolve(ref, order.Outcome{}, l.now); return ok },
			order.NotPlaced, 0,
		},
		{
			func(l *line) bool {
				_, ok := l.m.Resolve(ref, order.Outcome{Placed: true, OrderID: id}, l.now)
				return ok
			},
			order.Live, 5000e4,
		},
		{
			func(l *line) bool {
				_, ok := l.m.Resolve(ref, order.Outcome{Placed: true, OrderID: id, Ended: true}, l.now)
				return ok
			},
			order.NotPlaced, 0,
		},
	} {
		l := newLine(t, order.Config{}).create()
		events := l.m.ApplyFate(msg.PayloadOrderCreate, ref, 2, order.FateInDoubt, l.now)
		if len(events) != 1 || events[0].Kind != order.DoubtBegan || events[0].Request != msg.PayloadOrderCreate {
			t.Errorf("events %+v", events)
		}
		if again := l.m.ApplyFate(msg.PayloadOrderCreate, ref, 2, order.FateInDoubt, l.now); len(again) != 0 {
			t.Errorf("told twice: %+v", again)
		}
		l.m.Tick(l.now + 3600*second)
		if o := l.order(); o.State != order.PendingNew || o.Overlay != order.InDoubt {
			t.Errorf("%+v", o)
		}
		n := 0
		l.m.InDoubt(func(*order.Order) bool { n++; return true })
		if a := l.m.Account(); a.WorstCase != 5000e4 || a.Reserved != 0 || n != 1 {
			t.Errorf("in doubt: %+v, %d orders", a, n)
		}
		if !c.resolve(l) {
			t.Errorf("case %d: not resolved", i)
		}
		if o, a := l.order(), l.m.Account(); o.State != c.state || a.WorstCase != c.worst || o.Overlay != 0 {
			t.Errorf("case %d: %+v, worst case %v, want %v and %v", i, o, a.WorstCase, c.state, c.worst)
		}
		if _, ok := l.m.Resolve(ref, order.Outcome{}, l.now); ok {
			t.Errorf("case %d: resolved twice", i)
		}
	}
}

// TestEventsAnnounceTransitions checks kind, state and figures of what a life gives rise to.
func TestEventsAnnounceTransitions(t *testing.T) {
	l := newLine(t, order.Config{}).create()
	for _, c := range []struct {
		typ  msg.PayloadType
		want string
	}{
		{accepted, "order accepted pending new live"},
		{executed1, "order filled live partially filled"},
		{msg.PayloadOrderQuantityReduceRejected, "reduce rejected partially filled partially filled"},
		{msg.PayloadOrderQuantityReduced, "order reduced partially filled partially filled"},
		{msg.PayloadOrderCancelRejected, "cancel rejected partially filled partially filled"},
		{cancelled, "order cancelled partially filled partially cancelled"},
		{msg.PayloadOrderVoided, "order voided partially cancelled voided"},
	} {
		events := l.report(c.typ, nil)
		if len(events) != 1 {
			t.Fatalf("%v: events %+v", c.typ, events)
		}
		ev := events[0]
		if got := fmt.Sprint(ev.Kind, " ", ev.Before, " ", ev.State); got != c.want {
			t.Errorf("%v: %s, want %s", c.typ, got, c.want)
		}
		if ev.OrderID != id || ev.Reference != ref || ev.Market != 1 || ev.Contract != 2 || ev.Sequence != l.sequence ||
			ev.Side != odds.Buy || ev.Replayed || ev.Foreign || ev.Now != l.now {
			t.Errorf("%v: %+v", c.typ, ev)
		}
	}
}

// TestInherited: what an original executed counts for the state of the order in its place, not for its figures.
func TestInherited(t *testing.T) {
	l := newLine(t, order.Config{}).create().then(
		accepted, executed1, msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted)
	o := *l.m.ByID(child)
	if o.State != order.PartiallyFilled || o.Executed != 0 || o.Inherited != 4000 || o.Available != 8000 ||
		o.Quantity != 12000 || o.Original != id {
		t.Errorf("%+v", o)
	}
	l.executed = 0
	l.report(cancelled, func(r *exchange.Report) { r.OrderID = child })
	if o = *l.m.ByID(child); o.State != order.PartiallyCancelled {
		t.Errorf("%+v", o)
	}
	l = newLine(t, order.Config{}).create().then(accepted)
	l.report(executed1, func(r *exchange.Report) { r.Quantity, r.ExecutedQuantity, r.AvailableQuantity = 1, 1, 9999 })
	l.report(cancelled, nil)
	if o = l.order(); o.State != order.PartiallyCancelled {
		t.Errorf("%+v", o)
	}
}

// TestNotLiveTwice: each time that an order is called not live it has a second of its own.
func TestNotLiveTwice(t *testing.T) {
	l := newLine(t, order.Config{}).create().then(accepted)
	notLive := func(r *exchange.Report) { r.Reason = 2 }
	l.report(msg.PayloadOrderCancelRejected, notLive)
	l.now += second / 2
	l.then(executed1)
	l.report(msg.PayloadOrderCancelRejected, notLive)
	l.now += second / 2
	if events := l.m.Tick(l.now); len(events) != 0 || l.order().Overlay != 0 {
		t.Errorf("%+v", events)
	}
	if due := l.m.Due(); due != l.now+second/2 {
		t.Errorf("due %d, want %d", due, l.now+second/2)
	}
	l.now += second / 2
	if events := l.m.Tick(l.now); len(find(events, order.DoubtBegan)) != 1 || l.order().Overlay != order.InDoubt {
		t.Errorf("%+v", events)
	}
}
