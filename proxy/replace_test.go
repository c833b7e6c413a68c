package proxy

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
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

// An exchange that begins to count anew repeats numbers: no message is taken for one that the file has, and none for an
// old one.
func TestSequenceReset(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	id := anna.accepted(buy, 9000, 3000, 1)
	for range 3 {
		anna.accepted(buy, 1000, 2900, 2)
	}
	w.stop()
	w.start()
	w.sim.Exchange.RestartSequences()
	anna = w.login("anna")
	for range 2 {
		rivalAt(w, sell, 1000, 3000)
	}
	anna.receive()
	for range 2 {
		w.stop()
		w.start()
		anna = w.login("anna")
		rivalAt(w, sell, 1000, 3000)
		anna.want(executed)
	}
	if o := w.proxy.orders.byID[id]; o.Executed != 4000 || o.Available != 5000 {
		t.Errorf("%+v", o)
	}
}

// older runs f, and puts back the file of the proxy as it was before: the machine crashed, and what was newer is lost.
func (w *world) older(f func()) {
	w.t.Helper()
	b, err := os.ReadFile(w.config.State)
	w.check(err)
	f()
	w.wait(3 * time.Second) // the engine's state is saved
	w.stop()
	w.check(os.WriteFile(w.config.State, b, 0o600))
	w.start()
}

// What a crash of the machine took from the proxy's file, and not from its engine's, is not lost to limits, to watchers
// and to order_cancel_all.
func TestOlderFile(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	filled, replaces := anna.accepted(buy, 1000, 3000, 1), anna.accepted(buy, 1000, 2900, 2)
	w.links[0].mute = true
	anna.create(buy, 3000, 2800, 3)
	anna.replace(replaces, 2000, 2850, 4)
	w.older(func() {
		rivalAt(w, sell, 1000, 3000)
		w.links[0].mute = false
		rivalAt(w, sell, 500, 2850)
		anna.receive()
	})
	c := w.proxy.byName["anna"]
	live := 0
	for _, truth := range w.sim.Exchange.Orders(sim.DemoUsername) {
		o := w.proxy.orders.byID[truth.ID]
		if o == nil || o.Available != truth.Available || o.Executed != truth.Executed || o.Quantity != truth.Quantity ||
			o.Average != truth.AveragePrice || (o.State == Live) != (truth.State == exchange.OrderLive) {
			t.Errorf("the proxy has\n%+v, the exchange\n%+v", o.exported(), truth)
		}
		if truth.State == exchange.OrderLive {
			live++
		}
	}
	if w.proxy.orders.byID[filled].State != Ended || c.open != live || live != 2 || c.waiting != 0 {
		t.Errorf("%d orders are open, want %d; %d requests wait", c.open, live, c.waiting)
	}
	w.wait(3 * time.Minute)
	if c.open != live {
		t.Errorf("%d orders are open later", c.open)
	}
	anna = w.login("anna")
	anna.cancelAll(0)
	anna.want(allTaken, cancelled, cancelled)
}

// restarted goes on with other settings.
func (w *world) restarted(change func(c *Config)) (log string) {
	w.t.Helper()
	w.stop()
	w.config.Clients = append([]Client(nil), w.config.Clients...)
	change(&w.config)
	var out bytes.Buffer
	w.config.Logger = slog.New(slog.NewTextHandler(&out, nil))
	w.start()
	return out.String()
}

// Settings that change hold for the orders that there are: one in a market that the client may not use any more can be
// cancelled and not replaced, and the log names a client that is gone and has orders. If it comes back they are its own.
func TestSettingsChange(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	id := anna.accepted(buy, 1000, 3000, 1)
	w.restarted(func(c *Config) { c.Clients[0].Markets = []uint32{1} })
	anna = w.login("anna")
	anna.replace(id, 2000, 3100, 2)
	r := anna.want(notCancel)[0].GetOrderCancelRejected().GetReason()
	if r != msg.OrderCancelRejectedMarketNotFound {
		t.Errorf("rejected for %v", r)
	}
	all := w.config.Clients
	if log := w.restarted(func(c *Config) { c.Clients = c.Clients[1:] }); !strings.Contains(log, "client=anna orders=1") {
		t.Errorf("logged %s", log)
	}
	ben := w.login("ben")
	ben.cancel(id, 3)
	ben.want(notCancel)
	w.restarted(func(c *Config) { c.Clients = all })
	anna = w.login("anna")
	anna.cancel(id, 4)
	anna.want(cancelled)
}

// An engine that has lost its state gets all of the account's messages again. None of them is passed on again, however
// many there were since.
func TestEngineStateLost(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	id := anna.accepted(buy, 9000, 3000, 1)
	rivalAt(w, sell, 1000, 3000)
	anna.want(executed)
	for n := range uint64(appliedMax) { // of other orders
		w.proxy.remember(n + 3)
		w.proxy.record(func(r *writer) { r.applied(n+3, 0) })
	}
	for range 2 {
		w.stop()
		list, err := filepath.Glob(w.state + "*")
		w.check(err)
		for _, name := range list {
			w.check(os.RemoveAll(name))
		}
		sequence := w.proxy.byName["anna"].sequence
		w.start()
		if c := w.proxy.byName["anna"]; c.sequence != sequence || c.open != 1 {
			t.Errorf("%d new messages, %d orders are open", c.sequence-sequence, c.open)
		}
	}
	if o := w.proxy.orders.byID[id]; o.Executed != 1000 || o.Available != 8000 {
		t.Errorf("%+v", o)
	}
}
