package proxy

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// newStateful returns a world whose proxy has files.
func newStateful(t *testing.T) *world {
	t.Helper()
	x, err := sim.New(simConfig())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	config := three()
	config.State = filepath.Join(folder, "clients")
	w := &world{
		t: t, sim: x, now: x.Now(), config: config, account: simConfig().Accounts[0],
		state: filepath.Join(folder, "engine"),
	}
	w.start()
	t.Cleanup(func() {
		w.stop()
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// A client that asked for cancel_all_on_failure and does not come back after the proxy was killed has its orders
// cancelled; one that does keeps them.
func TestArmedIsKept(t *testing.T) {
	w := newStateful(t)
	for _, name := range []string{"anna", "ben"} {
		c := w.login(name)
		c.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(true) })
		c.accepted(buy, 1000, 3000, 1)
	}
	w.wait(time.Second)
	w.stop()
	w.start()
	ben := w.login("ben")
	for range 6 {
		w.wait(10 * time.Second)
		ben.eto(msg.EtoPayloadHeartbeat)
	}
	if a, b := w.proxy.byName["anna"].open, w.proxy.byName["ben"].open; a != 0 || b != 1 {
		t.Errorf("%d orders of anna's and %d of ben's are open", a, b)
	}
}

// An order that was recorded and did not leave before the proxy was killed is rejected, not in doubt for ever.
func TestNeverLeft(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	first := anna.accepted(buy, 1000, 3000, 1)
	var m msg.Payload
	create(buy, 1000, 3000, 2)(&m)
	m.MutableEtoPayload().SetSeq(anna.out)
	b, err := m.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	anna.conn.Filled(w.now, copy(anna.conn.Free(), append([]byte{byte(len(b))}, b...))) // the engine does not write it
	w.stop()
	w.start()
	anna = w.connect()
	anna.resumeAccount("anna", 0)
	seen := map[uint64][]msg.PayloadType{}
	for _, m := range anna.receive() {
		if r, ok := reportOf(m); ok {
			reference, _ := r.reference()
			seen[reference] = append(seen[reference], r.typ)
		}
	}
	if len(seen[1]) != 1 || seen[1][0] != orderAccepted || len(seen[2]) != 1 || seen[2][0] != rejected {
		t.Errorf("after the restart: %v", seen)
	}
	if truth, _ := w.sim.Exchange.Truth(sim.DemoUsername); truth.Live != 1 {
		t.Errorf("%d live orders", truth.Live)
	}
	anna.cancel(first, 9)
	anna.want(cancelled)
}

// Orders that did not leave before the proxy was killed are rejected in the order in which they were sent.
func TestNeverLeftInOrder(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	for reference := range uint64(8) {
		var m msg.Payload
		create(buy, 1000, 3000, 1+reference)(&m)
		m.MutableEtoPayload().SetSeq(anna.out + reference)
		b, err := m.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		// The engine does not write it.
		anna.conn.Filled(w.now, copy(anna.conn.Free(), wire.AppendFrame(nil, b)))
	}
	w.stop()
	w.start()
	anna = w.connect()
	anna.resumeAccount("anna", 0)
	var seen []uint64
	for _, m := range anna.receive() {
		if r, ok := reportOf(m); ok && r.typ == rejected {
			reference, _ := r.reference()
			seen = append(seen, reference)
		}
	}
	if want := []uint64{1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(seen, want) {
		t.Errorf("rejected %v, want %v", seen, want)
	}
}

// What the exchange repeats because the engine's file is older than the clients' is not passed on twice.
func TestOlderEngine(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	anna.accepted(buy, 1000, 3000, 1)
	w.wait(3 * time.Second)
	saved := map[string][]byte{}
	names, err := filepath.Glob(w.state + "*")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if saved[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	anna.accepted(buy, 1000, 3000, 2)
	rival(w, sell, 1500, 3000)
	w.wait(3 * time.Second)
	anna.receive()
	before := anna.account()
	w.stop()
	for name, b := range saved {
		if now, err := os.ReadFile(name); err != nil || len(b) > 100 && name == w.state && bytes.Equal(now, b) {
			t.Fatalf("%s did not change: %v", name, err)
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.start()
	w.wait(time.Second)
	if have := w.proxy.byName["anna"].sequence; have != before {
		t.Errorf("%d messages to anna, want %d", have, before)
	}
	anna = w.connect()
	anna.resumeAccount("anna", 0)
	filled := uint64(0)
	for _, m := range anna.receive() {
		if m.GetType() == executed {
			filled += m.GetOrderExecuted().GetQuantity()
		}
	}
	if filled != 1500 {
		t.Errorf("anna is told of %d", filled)
	}
}

// Who subscribes while books may be wrong waits for the exchange's snapshot.
func TestJoinWhileLost(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna, ben := w.login("anna"), w.login("ben")
	anna.subscribe(sim.DemoMarket)
	anna.receive()
	w.broken = true
	w.lose()
	rival(w, sell, 1000, 6000)
	ben.subscribe(sim.DemoMarket)
	ben.want()
	w.broken = false
	w.wait(2 * time.Second)
	list := ben.want(msg.PayloadMarketQuotes, msg.PayloadMarketState)
	if quotes := list[0].GetMarketQuotes().GetContractQuotes(); len(quotes) != 1 {
		t.Errorf("%v", list[0])
	}
}
