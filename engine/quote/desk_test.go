package quote

import (
	"fmt"
	"slices"
	"testing"

	"github.com/smk-go/smk/odds"
)

// desk is a quoter with one contract, for tests that say everything step by step.
type desk struct {
	t    *testing.T
	q    *Quoter
	now  int64
	next uint64 // key
	last []Action
	all  Budget
}

var one = Contract{1, 1}

func newDesk(t *testing.T, c Config) *desk {
	t.Helper()
	q, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, q: q, now: 1_000_000, next: 1, all: Budget{1000, 1000}}
}

func (d *desk) set(t Two) {
	d.t.Helper()
	if err := d.q.Set(one, t); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) levels(bids, asks []Level, tol Tolerance) {
	d.t.Helper()
	if err := d.q.SetLevels(one, bids, asks, tol); err != nil {
		d.t.Fatal(err)
	}
}

func describe(a *Action) string {
	switch a.Kind {
	case Cancel:
		return fmt.Sprintf("cancel %d", a.Key)
	case Reduce:
		return fmt.Sprintf("reduce %d to %d", a.Key, a.Quantity)
	case Replace:
		return fmt.Sprintf("replace %d by %d@%d total %d", a.Key, a.Quantity, a.Price, a.Total)
	}
	return fmt.Sprintf("%v %v %d@%d", a.Kind, a.Side, a.Quantity, a.Price)
}

// step expects actions, without reporting them.
func (d *desk) step(want ...string) {
	d.t.Helper()
	d.last = d.q.Step(d.now, d.all)
	got := []string{}
	for i := range d.last {
		got = append(got, describe(&d.last[i]))
	}
	if !slices.Equal(got, want) {
		d.t.Fatalf("step returns %q, want %q", got, want)
	}
}

// send expects actions and reports them as sent. Orders get the keys 1, 2 and so on.
func (d *desk) send(want ...string) {
	d.t.Helper()
	d.step(want...)
	for i := range d.last {
		d.sent(i)
	}
}

func (d *desk) sent(i int) {
	key := uint64(0)
	if d.last[i].Kind >= Replace {
		key = d.next
		d.next++
	}
	d.q.Sent(&d.last[i], key)
}

// refuse expects actions and reports them as refused.
func (d *desk) refuse(r Refusal, until int64, want ...string) {
	d.t.Helper()
	d.step(want...)
	for i := range d.last {
		d.q.Refused(&d.last[i], r, until)
	}
}

// order says how an order stands now. Its side is that of the key's first mention.
func (d *desk) order(key uint64, s State, side odds.Side, open odds.Quantity, p odds.Price) {
	d.t.Helper()
	d.apply(Order{Contract: one, Key: key, State: s, Side: side, Open: open, Price: p})
}

func (d *desk) apply(o Order) {
	d.t.Helper()
	if err := d.q.Apply(&o); err != nil {
		d.t.Fatal(err)
	}
}

// quoted sets a quote of 100 at 5000 to 5100 and accepts it: orders 1 and 2.
func (d *desk) quoted(tol odds.Price) {
	d.t.Helper()
	d.set(Two{Bid: 5000, Ask: 5100, Size: 100, Tolerance: tol})
	d.send("create buy 100@5000", "create sell 100@5100")
	d.order(1, Live, odds.Buy, 100, 5000)
	d.order(2, Live, odds.Sell, 100, 5100)
	d.send()
}

func (d *desk) events(want ...Event) {
	d.t.Helper()
	if got := d.q.Events(); !slices.Equal(got, want) {
		d.t.Fatalf("events %+v, want %+v", got, want)
	}
}
