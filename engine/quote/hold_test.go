package quote

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/odds"
)

// TestHolds raises and clears every reason at every scope.
func TestHolds(t *testing.T) {
	scopes := []struct {
		name string
		hold func(q *Quoter, r Reasons, on bool) error
	}{
		{"all", func(q *Quoter, r Reasons, on bool) error { q.Hold(r, on); return nil }},
		{"market", func(q *Quoter, r Reasons, on bool) error { return q.HoldMarket(one.Market, r, on) }},
		{"contract", func(q *Quoter, r Reasons, on bool) error { return q.HoldContract(one, r, on) }},
	}
	for _, scope := range scopes {
		for r := Gap; r <= Untracked; r <<= 1 {
			t.Run(scope.name+" "+r.String(), func(t *testing.T) {
				hold := func(d *desk, on bool) {
					t.Helper()
					if err := scope.hold(d.q, r, on); err != nil {
						t.Fatal(err)
					}
				}
				d := newDesk(t, Config{})
				d.quoted(0)
				hold(d, true)
				d.send("cancel 1", "cancel 2")
				d.events(Event{Contract: one, Kind: Held, Reasons: r})
				d.order(1, Closed, odds.Buy, 0, 5000)
				d.order(2, Closed, odds.Sell, 0, 5100)
				d.set(Two{Bid: 5020, Ask: 5120, Size: 100}) // a wish does not clear it
				d.send()
				d.events()
				if st := d.q.Status(one); st.Reasons != r {
					t.Errorf("status %+v", st)
				}
				hold(d, false)
				d.send("create buy 100@5020", "create sell 100@5120")
				d.events(Event{Contract: one, Kind: Resumed})

				// What the bot pulled stays pulled.
				d.order(3, Live, odds.Buy, 100, 5020)
				d.order(4, Live, odds.Sell, 100, 5120)
				d.q.Pull(one)
				hold(d, true)
				d.send("cancel 3", "cancel 4")
				d.order(3, Closed, odds.Buy, 0, 5020)
				d.order(4, Closed, odds.Sell, 0, 5120)
				hold(d, false)
				d.send()
				d.events()
				if s := d.q.Stats(); s.Contracts != 0 {
					t.Errorf("%d contracts left", s.Contracts)
				}

				// A reason that came first holds for what comes later.
				d = newDesk(t, Config{})
				hold(d, true)
				d.set(Two{Bid: 5000, Size: 100})
				d.send()
				hold(d, false)
				d.send("create buy 100@5000")

				// One that is ignored has no effect.
				d = newDesk(t, Config{Ignore: r})
				d.quoted(0)
				hold(d, true)
				d.send()
			})
		}
	}
}

// TestHoldScopes expects a hold to concern no more than its scope, and reasons to be cleared one by one.
func TestHoldScopes(t *testing.T) {
	d := newDesk(t, Config{})
	other, third := Contract{1, 2}, Contract{2, 3}
	for _, c := range []Contract{one, other, third} {
		if err := d.q.Set(c, Two{Bid: odds.Price(1000 * c.ID), Size: 10}); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.q.HoldMarket(1, MarketHalted, true))
	must(d.q.HoldContract(other, SuspectBook|Gap, true))
	d.send("create buy 10@3000")
	must(d.q.HoldMarket(1, MarketHalted, false))
	d.send("create buy 10@1000")
	must(d.q.HoldContract(other, SuspectBook, false))
	d.send()
	must(d.q.HoldContract(other, Gap|Pulled, false))
	d.send("create buy 10@2000")
	d.q.Hold(Pulled|Resuming, true) // not for callers
	d.send()
}

// TestResumeAfter expects a quote to come back when all reasons are gone for long enough.
func TestResumeAfter(t *testing.T) {
	d := newDesk(t, Config{ResumeAfter: 50})
	d.q.Hold(Gap, true)
	d.set(Two{Bid: 5000, Size: 100})
	d.send()
	d.q.Hold(Gap, false)
	d.now += 5
	d.send()
	if at, ok := d.q.NextWake(); !ok || at != d.now+50 {
		t.Errorf("wakes at %d", at-d.now)
	}
	if st := d.q.Status(one); st.Reasons != Resuming {
		t.Errorf("status %+v", st)
	}
	d.now += 49
	d.send()
	d.q.Hold(Gap, true)
	d.send()
	if st := d.q.Status(one); st.Reasons != Gap {
		t.Errorf("status %+v", st)
	}
	d.q.Hold(Gap, false)
	d.send()
	d.now += 49
	d.send()
	d.events()
	d.now++
	d.send("create buy 100@5000")
	d.events(Event{Contract: one, Kind: Resumed})
}

// TestRelapses expects a quote whose reasons come back again and again to wait longer each time.
func TestRelapses(t *testing.T) {
	d := newDesk(t, Config{RetryMin: 10, RetryMax: 40})
	d.set(Two{Bid: 5000, Size: 100})
	d.send("create buy 100@5000")
	for i, wait := range []int64{0, 10, 20, 40, 40} {
		key := uint64(i + 1)
		d.order(key, Live, odds.Buy, 100, 5000)
		d.q.Hold(Gap, true)
		d.send(fmt.Sprint("cancel ", key))
		d.order(key, Closed, odds.Buy, 0, 5000)
		d.q.Hold(Gap, false)
		if wait > 0 {
			d.send()
			d.now += wait - 1
			d.send()
			d.now++
		}
		d.send("create buy 100@5000")
	}
	d.order(6, Live, odds.Buy, 100, 5000)
	d.now += 81 // long enough ago
	d.q.Hold(Gap, true)
	d.send("cancel 6")
	d.order(6, Closed, odds.Buy, 0, 5000)
	d.q.Hold(Gap, false)
	d.send("create buy 100@5000")
}

// TestNames expects every enum to print by name.
func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		(Gap | SuspectBook).String():       "gap, suspect book",
		Reasons(0).String():                "none",
		(Resuming << 1).String():           "unknown reason",
		Replace.String() + Create.String(): "replacecreate",
		Cancel.String() + Reduce.String():  "cancelreduce",
		ActionKind(0).String():             "unknown action",
		Throttled.String():                 "throttled",
		Denied.String():                    "denied",
		Refusal(0).String():                "unknown refusal",
		Held.String():                      "held",
		Resumed.String() + GaveUp.String(): "resumedgave up",
		EventKind(9).String():              "unknown event",
		InDoubt.String():                   "in doubt",
		Closed.String():                    "closed",
		State(99).String():                 "unknown state",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
