package quote

import (
	"testing"

	"github.com/smk-go/smk/odds"
)

// overdue expects NextOverdue to return orders in turn, and nothing more.
func (d *desk) overdue(want ...uint64) {
	d.t.Helper()
	for _, key := range want {
		if o, ok := d.q.NextOverdue(d.now); !ok || o.Key != key {
			d.t.Fatalf("overdue %+v, %v, want %d", o, ok, key)
		}
	}
	if o, ok := d.q.NextOverdue(d.now); ok {
		d.t.Fatalf("overdue %+v", o)
	}
}

// TestOverdue plays what becomes of orders whose answers never come.
func TestOverdue(t *testing.T) {
	const after = 1000
	for _, c := range []struct {
		name string
		play func(d *desk)
	}{
		{"a create without an answer, of which a cancel of all is the end", func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			d.send("create buy 100@5000")
			if at, ok := d.q.OverdueAt(d.now); !ok || at != d.now+after {
				d.t.Errorf("overdue in %d", at-d.now)
			}
			d.now += after - 1
			d.overdue()
			d.now++
			d.overdue(1)
			d.q.Clearing(one.Market, 77, d.now)
			d.q.Clearing(one.Market, 78, d.now) // the first counts
			d.q.Cleared(0, 78, true)
			d.send()
			if !d.q.IsClearing(one.Market, d.now) {
				d.t.Error("not clearing")
			}
			d.q.Cleared(0, 77, true)
			d.send()
			d.now += after
			d.overdue()
			d.send("create buy 100@5000")
			d.order(2, Live, odds.Buy, 100, 5000)
			d.order(1, InDoubt, odds.Buy, 100, 5000) // it changes nothing
			d.send()
			d.order(1, Live, odds.Buy, 100, 5000) // carried out late: one is too many, and which is live is certain
			d.send("cancel 1")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send()
		}},
		{"a cancel of all that is refused proves nothing", func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			d.send("create buy 100@5000")
			d.overdue()
			d.now += after
			d.overdue(1)
			d.q.Clearing(0, 77, d.now)
			d.q.Cleared(one.Market, 77, false)
			d.now += after
			d.overdue(1)
			d.send()
		}},
		{"what is sent after a cancel of all is not ended by it", func(d *desk) {
			d.quoted(0)
			d.q.Clearing(one.Market, 77, d.now)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 200})
			d.send("replace 1 by 200@5000 total 200", "replace 2 by 200@5100 total 200")
			d.overdue()
			d.q.Cleared(one.Market, 77, true)
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.order(2, Closed, odds.Sell, 0, 5100)
			d.now += after
			d.overdue(3, 4)
			d.send()
		}},
		{"a cancel without an answer is asked again, and not live is an end", func(d *desk) {
			d.quoted(0)
			d.set(Two{Ask: 5100, Size: 100})
			d.send("cancel 1")
			d.set(Two{Bid: 4000, Ask: 5100, Size: 100})
			d.send()
			d.now += after
			d.overdue(1)
			d.q.Asked(1)
			d.q.NotLive(1)
			d.order(1, Live, odds.Buy, 100, 5000) // what the order state makes of it at first
			d.send()
			d.order(1, InDoubt, odds.Buy, 100, 5000)
			d.send("create buy 100@4000")
		}},
		{"not live ends the wait after a while, whatever the order state says", func(d *desk) {
			d.quoted(0)
			d.q.NotLive(1)
			d.send()
			d.now += after
			d.overdue()
			d.send("create buy 100@5000")
		}},
		{"a replace of which nothing is known waits for its original first", func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
			d.send("replace 1 by 100@5010 total 100")
			d.overdue()
			d.now += after
			if o, ok := d.q.NextOverdue(d.now); !ok || o.Key != 1 || o.Replaces {
				d.t.Errorf("%+v %v", o, ok)
			}
			if o, ok := d.q.NextOverdue(d.now); !ok || o.Key != 3 || !o.Replaces {
				d.t.Errorf("%+v %v", o, ok)
			}
			d.q.NotLive(3) // it never was live: no proof
			d.q.NotLive(1)
			d.now += after
			if o, ok := d.q.NextOverdue(d.now); !ok || o.Key != 3 || o.Replaces {
				d.t.Errorf("%+v %v", o, ok)
			}
			d.send()
		}},
		{"a refused replace leaves a doubt that is asked about at once", func(d *desk) {
			d.quoted(0)
			d.order(1, InDoubt, odds.Buy, 100, 5000)
			d.overdue(1)
			d.q.Urge(1)
			d.overdue(1)
			d.q.Asked(1)
			d.order(1, InDoubt, odds.Buy, 100, 5000)
			d.overdue()
		}},
		{"after a login all are asked about", func(d *desk) {
			d.set(Two{Bid: 5000, Ask: 5100, Size: 100})
			d.send("create buy 100@5000", "create sell 100@5100")
			d.overdue()
			d.q.UrgeAll()
			d.overdue(1, 2)
		}},
		{"lost messages have quotes placed anew, one by one", func(d *desk) {
			d.quoted(0)
			d.q.Distrust()
			d.send("cancel 1", "cancel 2")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send("create buy 100@5000")
			d.q.NotLive(2)
			d.order(2, InDoubt, odds.Sell, 100, 5100)
			d.send("create sell 100@5100")
		}},
		{"an order of others is overdue if messages were lost and it is in the way", func(d *desk) {
			d.order(9, Live, odds.Sell, 100, 4900)
			d.set(Two{Bid: 5000, Size: 100})
			d.send()
			d.now += 10 * after
			d.overdue()
			d.q.Distrust()
			d.send()
			d.overdue()
			d.now += after
			if o, ok := d.q.NextOverdue(d.now); !ok || o.Key != 9 || !o.Other {
				d.t.Errorf("%+v %v", o, ok)
			}
			d.set(Two{Bid: 4800, Size: 100})
			d.send("create buy 100@4800")
			d.order(1, Live, odds.Buy, 100, 4800)
			d.now += after
			d.overdue()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, Config{OverdueAfter: after})
			c.play(d)
			d.q.verify(t)
		})
	}
}
