package proxy

import (
	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// compare compares what the proxy, its watchers and the bots know with what the exchange knows.
func (d *day) compare() {
	if d.lossy && d.engine.Completeness().Why&engineorder.MessagesLost != 0 {
		return // repeated in vain, too: nobody but the exchange has them
	}
	byLabel := map[string]exchange.OrderTruth{}
	for _, o := range d.sim.Exchange.Orders(sim.DemoUsername) {
		if _, twice := byLabel[o.Label]; twice {
			d.t.Errorf("two orders %s", o.Label)
		}
		byLabel[o.Label] = o
	}
	for _, b := range d.bots {
		own := map[uint64]exchange.OrderTruth{}
		for label, o := range byLabel {
			if name, _ := labelParts(label); name == b.name {
				own[o.ID] = o
			}
		}
		if s := b.engine.State(); !s.LoggedIn() {
			d.t.Errorf("%s is %v", b.name, s)
		}
		d.compareOrders(b, own)
		if b.engine.Completeness().Why&engineorder.CatchUpLacking != 0 || d.proxy.byName[b.name].sequence == 0 {
			continue // there was no message at its last login: nothing proves that all are repeated, no doubt ends
		}
		d.compareClient(b, own)
		d.compareBot(b, own, byLabel)
	}
	if len(byLabel) == 0 {
		d.t.Log("nothing was traded")
	}
}

// compareOrders compares the proxy's orders of a bot with the exchange's.
func (d *day) compareOrders(b *trader, own map[uint64]exchange.OrderTruth) {
	for id, truth := range own {
		ours := d.proxy.orders.byID[id]
		if _, label := labelParts(truth.Label); ours == nil && b.replaced[label] &&
			truth.State == exchange.OrderCancelled && truth.Executed == 0 {
			continue // refused in its second stage
		}
		if ours == nil {
			d.t.Errorf("the proxy does not have %+v", truth)
			continue
		}
		have := ours.Order
		_, label := labelParts(truth.Label)
		want := Order{
			ID: id, Original: have.Original, Reference: have.Reference, Label: label, Market: truth.Market,
			Contract: truth.Contract, Side: truth.Side, Price: truth.Price, Average: truth.AveragePrice,
			Quantity: truth.Quantity, Available: truth.Available, Executed: truth.Executed, State: Ended,
			HasReference: true,
		}
		switch {
		case truth.State == exchange.OrderLive:
			want.State = Live
		case truth.State == exchange.OrderCancelled && truth.Executed == 0 && have.State == Refused &&
			have.Original != 0:
			want.State = Refused // a replacement, in its second stage
		}
		if want.State != Live {
			want.Available = 0
		}
		if b.sent[have.Reference] != label {
			d.t.Errorf("%s has reference %d for %s", b.name, have.Reference, label)
		}
		if have != want {
			d.t.Errorf("of %s's orders the proxy has\n%+v, the exchange\n%+v (%v)", b.name, have, want, truth.State)
		}
	}
}

// compareClient compares what a bot's orders count for its limits, and what watchers have.
func (d *day) compareClient(b *trader, own map[uint64]exchange.OrderTruth) {
	c := d.proxy.byName[b.name]
	live, risk := 0, odds.Money(0)
	for _, o := range own {
		if o.State == exchange.OrderLive {
			live++
			risk += stake(o.Side, o.Price, o.Available)
		}
	}
	if c.open != live || len(c.orders) != live || c.stake != risk || c.waiting != 0 {
		d.t.Errorf("%s: %d orders are open, %d kept, stake %v, %d requests without an answer; want %d, %v",
			b.name, c.open, len(c.orders), c.stake, c.waiting, live, risk)
		for o := range c.orders {
			d.t.Logf("open: %+v", o.Order)
		}
	}
	for _, w := range d.watchers {
		if w.name != b.name {
			continue
		}
		for id, o := range w.orders {
			if ours := d.proxy.orders.byID[id]; ours == nil || ours.Order != o {
				d.t.Errorf("a watcher of %s's has\n%+v, the proxy\n%+v", b.name, o, ours.exported())
			}
		}
		for reference, o := range w.named {
			if _, there := own[o.ID]; !there && o.State != Refused && o.State != NotThere {
				d.t.Errorf("a watcher of %s's has reference %d: %+v", b.name, reference, o)
			}
		}
		for id, o := range own {
			if _, ok := w.orders[id]; !ok && o.State == exchange.OrderLive {
				d.t.Errorf("a watcher of %s's does not have order %d", b.name, id)
			}
		}
	}
}

// compareBot compares what a bot knows with what the exchange knows.
func (d *day) compareBot(b *trader, own map[uint64]exchange.OrderTruth, byLabel map[string]exchange.OrderTruth) {
	live, net := 0, int64(0)
	for _, o := range own {
		if o.Side == buy {
			net += int64(o.Executed)
		} else {
			net -= int64(o.Executed)
		}
		if o.State == exchange.OrderLive {
			live++
		}
	}
	known := 0
	for o := range b.engine.Orders() {
		known++
		truth, ok := own[o.ID]
		if !ok || truth.State != exchange.OrderLive || uint64(o.Available) != truth.Available ||
			uint64(o.Executed) != truth.Executed || o.Missed != 0 {
			d.t.Errorf("%s has order %+v, the exchange %+v", b.name, o, truth)
		}
	}
	if known != live {
		d.t.Errorf("%s has %d live orders, the exchange %d", b.name, known, live)
	}
	p := b.engine.Position(sim.DemoMarket, sim.DemoHome)
	if have := int64(p.Final + p.Provisional); have != net && !d.over {
		d.t.Errorf("%s holds %d, the exchange says %d", b.name, have, net)
	}
	for reference, label := range b.sent {
		o := b.engine.Order(reference)
		truth, there := byLabel[labelOf(b.name, []byte(label))]
		if truth.State == exchange.OrderCancelled && truth.Executed == 0 {
			continue // a replacement that was refused in its second stage has an id
		}
		if there && o != nil && (o.State == engineorder.Rejected || o.State == engineorder.Invalid ||
			o.State == engineorder.NotPlaced) {
			d.t.Errorf("%s was told that %s is %v, and it is there: %+v, %+v", b.name, label, o.State, o, truth)
		}
	}
}
