package proxy

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
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
