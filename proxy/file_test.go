package proxy

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

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
// cancelled and not replaced, and the log names a client that is gone and has orders. If it comes back they are its
// own.
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
	log := w.restarted(func(c *Config) { c.Clients = c.Clients[1:] })
	if !strings.Contains(log, "client=anna orders=1") {
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
	w.outdated = true
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
