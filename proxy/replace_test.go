package proxy

import (
	"path/filepath"
	"testing"
	"time"

	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

const (
	pendingReplace = msg.PayloadOrderPendingReplace
	replaced       = msg.PayloadOrderCancelReplaceAccepted
)

// replacesDirectly has the exchange carry out a replace of a client's after all.
func (w *world) replacesDirectly(name string, old, upstream uint64) {
	w.t.Helper()
	direct := w.direct()
	direct.password(sim.DemoUsername, sim.DemoPassword)
	direct.send(func(m *msg.Payload) {
		b := m.MutableOrderCancelReplace()
		b.SetOrigOrderId(old)
		b.SetPrice(3100)
		b.SetQuantity(1000)
		b.SetReference(upstream)
		b.SetLabelString(name + "/mine")
	})
	direct.disconnect()
}

// A replacement that turns up after it was given up, or whose request the file does not have, is the client's: it
// counts in the place of its original, and order_cancel_all ends it.
func TestReplacementTurnsUp(t *testing.T) {
	for name, k := range map[string]struct{ unknown, forgotten, restart bool }{
		"given up by the engine": {}, "given up by the proxy": {forgotten: true},
		"given up, restart": {forgotten: true, restart: true},
		"unknown":           {unknown: true}, "unknown, restart": {unknown: true, restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			config := three()
			config.State = filepath.Join(t.TempDir(), "clients")
			w := newWorld(t, simConfig(), config)
			anna := w.login("anna")
			old := anna.accepted(buy, 1000, 2900, 9)
			upstream := w.upstreamOf("anna", 9) + 3
			if !k.unknown {
				for _, l := range w.links {
					l.swallow = true
				}
				anna.replace(old, 1000, 3100, 1)
				upstream = w.upstreamOf("anna", 1)
				if w.lose(); k.forgotten { // an engine without a file knows nothing of it
					w.stop()
					w.start()
					anna = w.login("anna")
				}
				w.sim.DropSessions()
				for range 14 {
					w.wait(10 * time.Second)
					anna.eto(msg.EtoPayloadHeartbeat)
				}
				if n := w.proxy.byName["anna"].open; n != 1 {
					t.Fatalf("%d orders are open, want the one before", n)
				}
			}
			if k.restart {
				w.stop()
				w.start()
				anna = w.login("anna")
			}
			anna.receive()
			w.replacesDirectly("anna", old, upstream)
			id := anna.want(pendingReplace, replaced)[1].GetOrderCancelReplaceAccepted().GetOrderId()
			c := w.proxy.byName["anna"]
			if o := w.proxy.orders.byID[id]; c.open != 1 || o == nil || o.State != Live || o.Original != old ||
				o.Contract != sim.DemoHome || o.Side != buy || o.Available != 1000 ||
				w.proxy.orders.byID[old].State != Ended {
				t.Fatalf("%d orders are open, the new one is %+v", c.open, o)
			}
			anna.cancelAll(0)
			anna.want(allTaken, cancelled)
			if c.open != 0 || c.stake != 0 {
				t.Errorf("%d orders are open", c.open)
			}
		})
	}
}

// order_cancel_all ends what a replace that is under way makes, or leaves, whenever its answers come.
func TestCancelAllOfReplace(t *testing.T) {
	for name, during := range map[string]func(w *world, anna *tester){
		"in flight": func(w *world, _ *tester) { w.links[0].mute = false },
		"in doubt":  func(w *world, _ *tester) { w.lose() },
		"killed": func(w *world, anna *tester) {
			w.stop()
			w.start()
			*anna = *w.login("anna")
		},
		"given up": func(w *world, _ *tester) {
			for _, l := range w.links {
				l.reset = true
			}
			w.broken = true
			w.wait(3 * time.Minute)
			w.broken = false
		},
	} {
		for stages, delay := range map[string]time.Duration{"": 0, ", between the stages": time.Second} {
			t.Run(name+stages, func(t *testing.T) {
				w := newStateful(t)
				w.sim.Exchange.SetReplaceDelay(int64(delay))
				anna := w.login("anna")
				old := anna.accepted(buy, 1000, 3000, 1)
				if delay > 0 {
					anna.replace(old, 1000, 3100, 2)
					anna.want(pendingReplace)
					w.links[0].mute = true
				} else {
					w.links[0].mute = true
					anna.replace(old, 1000, 3100, 2)
				}
				anna.cancelAll(0)
				during(w, anna)
				for range 50 {
					w.wait(5 * time.Second)
					anna.eto(msg.EtoPayloadHeartbeat)
				}
				for _, o := range w.sim.Exchange.Orders(sim.DemoUsername) {
					if o.Available > 0 && o.State == 0 {
						t.Errorf("order %+v is live", o)
					}
				}
				if c := w.proxy.byName["anna"]; c.open != 0 || c.waiting != 0 || c.stake != 0 {
					t.Errorf("%d orders are open", c.open)
				}
			})
		}
	}
}

// An order that is to be cancelled is not replaced: what took its place would stay.
func TestReplaceOfCancelled(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna, other := w.login("anna"), w.login("anna")
	old := anna.accepted(buy, 1000, 3000, 1)
	other.receive()
	w.sim.Exchange.ForceReject(msg.PayloadOrderCancel, int32(msg.OrderCancelRejectedServiceTemporarilyUnavailable), 1)
	anna.cancelAll(0)
	other.want(allTaken)
	other.replace(old, 1000, 3100, 2)
	m := other.want(notCancel)[0].GetOrderCancelRejected()
	if m.GetReason() != msg.OrderCancelRejectedTooLate || m.GetReference() != 2 {
		t.Errorf("%v", m)
	}
	w.wait(time.Second)
	other.want(cancelled)
	if c := w.proxy.byName["anna"]; c.open != 0 {
		t.Errorf("%d orders are open", c.open)
	}
}

// A second stage without what it may leave out is what the request asked for, less what the original had executed.
func TestReplacedBriefly(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna := w.login("anna")
	old := w.proxy.orders.byID[anna.accepted(buy, 3000, 3000, 1)]
	rivalAt(w, sell, 1000, 3000)
	w.settle()
	o := &order{client: old.client, Order: Order{Side: buy, Price: 3100, Quantity: 4000}}
	w.proxy.orders.set(o, Sent, 0)
	var b msg.OrderCancelReplaceAccepted
	b.SetOrderId(77)
	b.SetOrigOrderId(old.ID)
	w.proxy.orders.apply(report{replaced, &b}, o, 9)
	if o.State != Live || o.Price != 3100 || o.Quantity != 4000 || o.Available != 3000 || old.State != Ended {
		t.Errorf("%+v", o)
	}
	w.proxy.orders.set(o, Ended, 0)
	w.proxy.orders.forget(o)
}

// What the user's own program says of a replace between its stages holds for the client's limits.
func TestResolvedByUser(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	w.sim.Exchange.SetReplaceDelay(int64(time.Hour))
	anna := w.login("anna")
	old := anna.accepted(buy, 1000, 3000, 1)
	anna.replace(old, 1000, 3100, 2)
	m := anna.want(pendingReplace)[0].GetOrderPendingReplace()
	c := w.proxy.byName["anna"]
	if c.open != 2 || !w.engine.ResolveOrderID(m.GetOrderId(), engineorder.Outcome{}) {
		t.Fatalf("%d orders are open", c.open)
	}
	w.settle()
	if c.open != 1 || c.waiting != 0 {
		t.Errorf("%d orders are open, %d requests wait", c.open, c.waiting)
	}
}

// An order of which the exchange says that it is not live does not count, whatever asked for it.
func TestReduceOfEnded(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna := w.login("anna")
	id := anna.accepted(buy, 1000, 3000, 1)
	w.sim.Exchange.ForceReject(msg.PayloadOrderQuantityReduce, int32(msg.OrderQuantityReduceRejectedNotLive), 1)
	reduce(anna, id, 500)
	anna.want(msg.PayloadOrderQuantityReduceRejected)
	if c := w.proxy.byName["anna"]; c.open != 0 {
		t.Errorf("%d orders are open", c.open)
	}
}
