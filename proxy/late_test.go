package proxy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// upstreamOf returns the reference upstream of a request of a client's.
func (w *world) upstreamOf(name string, reference uint64) uint64 {
	w.t.Helper()
	for upstream, q := range w.proxy.orders.byReference {
		if q.client.Name == name && q.reference == reference {
			return upstream
		}
	}
	w.t.Fatalf("%s has no request %d", name, reference)
	return 0
}

// lost has a client send an order that the exchange does not get, and waits until it is given up.
func (w *world) lost(c *tester, name string, reference uint64) (upstream uint64) {
	w.t.Helper()
	for _, l := range w.links {
		l.swallow = true
	}
	c.create(buy, 1000, 3000, reference, func(o *msg.OrderCreate) { o.SetLabelString("mine") })
	upstream = w.upstreamOf(name, reference)
	w.lose()
	w.sim.DropSessions()
	for range 14 {
		w.wait(10 * time.Second)
		c.eto(msg.EtoPayloadHeartbeat)
	}
	if n := w.proxy.byName[name].open; n != 1 {
		w.t.Fatalf("%d orders are open, want the one before", n)
	}
	return upstream
}

// arrives has the exchange accept an order of a client's after all.
func (w *world) arrives(name string, upstream uint64) {
	w.t.Helper()
	direct := w.direct()
	direct.password(sim.DemoUsername, sim.DemoPassword)
	direct.create(buy, 1000, 3000, upstream, func(o *msg.OrderCreate) { o.SetLabelString(name + "/mine") })
	direct.disconnect()
}

// An order that was given up and turns up after all is the client's: it counts, and order_cancel_all ends it.
func TestTurnsUp(t *testing.T) {
	for name, restarts := range map[string]int{"at once": 0, "after a restart": 1, "before one": 2} {
		t.Run(name, func(t *testing.T) {
			w := newStateful(t)
			anna := w.login("anna")
			anna.accepted(buy, 1000, 2900, 9)
			upstream := w.lost(anna, "anna", 1)
			if restarts == 1 {
				w.stop()
				w.start()
				anna = w.login("anna")
			}
			anna.receive()
			w.arrives("anna", upstream)
			m := anna.want(orderAccepted)[0].GetOrderAccepted()
			if restarts == 0 && m.GetReference() != 1 || string(m.GetLabel()) != "mine" {
				t.Errorf("accepted %v", m)
			}
			if restarts == 2 {
				w.stop()
				w.start()
				anna = w.login("anna")
			}
			if n := w.proxy.byName["anna"].open; n != 2 {
				t.Errorf("%d orders are open, want 2", n)
			}
			anna.cancelAll(0)
			anna.want(allTaken, cancelled, cancelled)
			if n := len(w.proxy.orders.ended); w.proxy.byName["anna"].open != 0 || n != 2 {
				t.Errorf("%d orders are open, %d have ended", w.proxy.byName["anna"].open, n)
			}
		})
	}
}

// An order whose request the file does not have, because the machine crashed before the disk had it, is the client's
// all the same, and its reference is not used again.
func TestAdopted(t *testing.T) {
	w := newStateful(t)
	anna, ben := w.login("anna"), w.login("ben")
	anna.accepted(buy, 1000, 2900, 9)
	lost := w.upstreamOf("anna", 9) + 3
	w.arrives("anna", lost)
	m := anna.want(orderAccepted)[0].GetOrderAccepted()
	if m.HasReference() || string(m.GetLabel()) != "mine" {
		t.Errorf("accepted %v", m)
	}
	ben.want()
	if next := w.proxy.byName["anna"].nextReference(); next <= lost {
		t.Errorf("reference %d follows %d", next, lost)
	}
	ben.cancel(m.GetOrderId(), 1)
	ben.want(notCancel)
	w.stop()
	w.start()
	anna = w.login("anna")
	anna.cancel(m.GetOrderId(), 1)
	anna.want(cancelled)
}

// A limit of what orders can lose holds for orders with numbers that no order can have.
func TestStakeOverflow(t *testing.T) {
	config := three()
	config.Clients[0].StakeMax = 2 * odds.Money(odds.Whole)
	for name, first := range map[string]struct {
		quantity uint64
		price    uint32
	}{"price": {1 << 32, 1 << 31}, "both": {1<<64 - 1, 1<<32 - 1}, "sum to 0": {1 << 33, 1 << 31}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, simConfig(), config)
			anna := w.login("anna")
			for _, l := range w.links {
				l.mute = true // both are on their way at once
			}
			anna.create(buy, first.quantity, first.price, 1)
			anna.create(buy, 100_000, 5000, 2)
			list := anna.receive()
			r := list[len(list)-1].GetOrderRejected().GetReason()
			if len(list) != 2 || r != msg.OrderRejectedStakeLimitExceeded {
				t.Errorf("%d answers, %v", len(list), r)
			}
			if s := w.proxy.byName["anna"].stake; s != 0 {
				t.Errorf("the stake is %v", s)
			}
		})
	}
}

// At the limit of orders a client may still replace one; the order that was replaced is told to have ended.
func TestReplaceAtLimit(t *testing.T) {
	config := three()
	config.Clients[0].OrdersMax = 2
	w := newWorld(t, simConfig(), config)
	anna := w.login("anna")
	watcher := &watcher{t: t, name: "anna", orders: map[uint64]Order{}}
	if _, err := w.proxy.Open([]byte("anna-token"), watcher); err != nil {
		t.Fatal(err)
	}
	old := anna.accepted(buy, 1000, 3000, 1)
	anna.accepted(buy, 1000, 3000, 2)
	anna.create(buy, 1000, 3000, 3)
	anna.want(rejected)
	replace := func() { anna.replace(old, 1000, 3100, 0) }
	replace()
	anna.want(msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted)
	if o := watcher.orders[old]; o.State != Ended {
		t.Errorf("the order that was replaced is %+v", o)
	}
	if n := w.proxy.byName["anna"].open; n != 2 {
		t.Errorf("%d orders are open", n)
	}
	// Without answers there is a limit all the same.
	for _, l := range w.links {
		l.mute = true
	}
	for range 3 {
		replace()
	}
	if n := w.proxy.byName["anna"].open; n > 4 {
		t.Errorf("%d orders are open", n)
	}
}

// A replacement that did not reach the exchange is given up, and does not count for ever; one that did, and whose
// answers were late, is there.
func TestReplaceGivenUp(t *testing.T) {
	for name, arrives := range map[string]bool{"lost": false, "late": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, simConfig(), three())
			anna := w.login("anna")
			watcher := &watcher{t: t, name: "anna", orders: map[uint64]Order{}, named: map[uint64]Order{}}
			if _, err := w.proxy.Open([]byte("anna-token"), watcher); err != nil {
				t.Fatal(err)
			}
			old := anna.accepted(buy, 1000, 3000, 1)
			for _, l := range w.links {
				l.swallow, l.mute = !arrives, true
			}
			anna.replace(old, 1000, 3100, 2)
			q := w.proxy.orders.byReference[w.upstreamOf("anna", 2)]
			w.lose()
			if !arrives && (q.order.State != InDoubt || w.proxy.byName["anna"].open != 2) {
				t.Fatalf("%+v is not in doubt", q.order)
			}
			w.sim.DropSessions()
			for range 14 {
				w.wait(10 * time.Second)
				anna.eto(msg.EtoPayloadHeartbeat)
			}
			want := NotThere
			if arrives {
				want = Live
			}
			if n := w.proxy.byName["anna"].open; n != 1 || q.order.State != want ||
				watcher.named[2].State != want || arrives != (watcher.orders[old].State == Ended) {
				t.Errorf("%d orders are open, want the old or the new one: %+v", n, q.order)
			}
		})
	}
}

// What the order before had executed counts for a replacement's quantity, and not as its own fills.
func TestReplacedPartly(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna := w.login("anna")
	old := anna.accepted(buy, 3000, 3000, 1)
	fill := func(price uint32) {
		w.sim.Exchange.Submit("rival", exchange.Create{
			Market: sim.DemoMarket, Contract: sim.DemoHome, Side: sell, Price: price, Quantity: 1000,
		})
	}
	fill(3000)
	anna.want(msg.PayloadOrderExecuted)
	anna.replace(old, 4000, 3100, 2)
	anna.want(msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted)
	o := w.proxy.orders.byReference[w.upstreamOf("anna", 2)].order
	if o.Quantity != 4000 || o.Executed != 0 || o.Available != 3000 {
		t.Errorf("replaced: %+v", o)
	}
	fill(3100)
	anna.want(msg.PayloadOrderExecuted)
	anna.send(func(m *msg.Payload) {
		x := m.MutableOrderQuantityReduce()
		x.SetOrderId(o.ID)
		x.SetNewQuantity(500)
	})
	anna.want(msg.PayloadOrderQuantityReduced)
	if o.Quantity != 2500 || o.Executed != 1000 || o.Available != 500 {
		t.Errorf("filled and reduced: %+v", o)
	}
}

// An order is on its way when the exchange is lost for a second, or for a minute and a half. Its client hears what
// became of it, once, by its session or by account sequence; what was filled meanwhile, too; nobody else hears of it.
func TestLoss(t *testing.T) {
	for name, k := range map[string]struct {
		away    time.Duration
		arrives bool
	}{
		"1 s, arrived": {time.Second, true}, "1 s, lost": {time.Second, false},
		"90 s, arrived": {90 * time.Second, true}, "90 s, lost": {90 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, simConfig(), three())
			anna, ben := w.login("anna"), w.login("ben")
			watcher := &watcher{t: t, name: "anna", orders: map[uint64]Order{}}
			if _, err := w.proxy.Open([]byte("anna-token"), watcher); err != nil {
				t.Fatal(err)
			}
			first := anna.accepted(buy, 1000, 3100, 9)
			last := anna.account()
			for _, l := range w.links {
				l.mute, l.swallow = true, !k.arrives
			}
			anna.create(buy, 2000, 3000, 1)
			w.broken = true
			w.lose()
			if k.arrives {
				rival(w, sell, 1500, 3000) // all of the first, 500 of the other
			} else {
				rival(w, sell, 1000, 3000)
			}
			w.wait(k.away)
			anna.create(buy, 1000, 3000, 2)
			if k.away < time.Minute {
				anna.want(rejected)
				last++
				ben.want()
			} else {
				for _, c := range []*tester{anna, ben} {
					list := c.receive()
					if !strings.HasSuffix(line(list[len(list)-1]), "LOGOUT SERVICE_TEMPORARILY_UNAVAILABLE") {
						t.Errorf("%v", list)
					}
					c.disconnect()
				}
				early := w.connect()
				early.password("anna", "anna")
				if l := early.lines(); len(l) != 1 || !strings.Contains(l[0], "SERVICE_TEMPORARILY_UNAVAILABLE") {
					t.Errorf("%q", l)
				}
			}
			w.broken = false
			for range 80 {
				w.wait(2 * time.Second)
				if k.away < time.Minute {
					anna.eto(msg.EtoPayloadHeartbeat)
					ben.eto(msg.EtoPayloadHeartbeat)
				}
			}
			if k.away > time.Minute {
				anna, ben = w.connect(), w.login("ben")
				anna.resumeAccount("anna", last+1)
			}
			var types []msg.PayloadType
			filled := map[uint64]uint64{}
			for _, m := range anna.receive() {
				r, ok := reportOf(m)
				if !ok {
					continue
				}
				types = append(types, r.typ)
				if last++; r.body.(interface{ GetAccountSequence_64() uint64 }).GetAccountSequence_64() != last {
					t.Errorf("message %d is %v", last, line(m))
				}
				if r.typ == executed {
					filled[r.orderID()] += m.GetOrderExecuted().GetQuantity()
				}
			}
			want := []msg.PayloadType{executed}
			if k.arrives {
				want = []msg.PayloadType{orderAccepted, executed, executed}
			}
			if !slices.Equal(types, want) || filled[first] != 1000 {
				t.Errorf("anna hears %v, filled %v", types, filled)
			}
			for _, m := range ben.receive() {
				if _, ok := reportOf(m); ok {
					t.Errorf("ben hears %v", line(m))
				}
			}
			open := 0
			for id, o := range watcher.orders {
				if id != 0 && o.State < Ended {
					open++
				}
			}
			if n := w.proxy.byName["anna"].open; n != open || k.arrives != (n == 1) {
				t.Errorf("%d orders are open, a watcher has %d", n, open)
			}
		})
	}
}
