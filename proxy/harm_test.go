package proxy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// batch sends many messages in one read.
func (c *tester) batch(n int, fill func(*msg.Payload, int)) {
	c.w.t.Helper()
	var raw []byte
	for i := range n {
		var m msg.Payload
		fill(&m, i)
		m.MutableEtoPayload().SetSeq(c.out)
		c.out++
		b, err := m.MarshalVT()
		if err != nil {
			c.w.t.Fatal(err)
		}
		raw = wire.AppendFrame(raw, b)
	}
	c.bytes(raw)
}

// While one client's order_cancel_all takes all that the exchange lets pass, another one still cancels.
func TestCancelAllLeavesRoom(t *testing.T) {
	x := simConfig()
	x.Throttle = sim.Throttle{Rate: 400, Burst: 600}
	config := three()
	config.Clients[0].Rate, config.Clients[0].Burst = 300, 300
	w := newWorld(t, x, config)
	anna, ben := w.login("anna"), w.login("ben")
	for i := range uint64(900) {
		anna.create(buy, 1000, 2000+uint32(i), i+1)
		w.wait(4 * time.Millisecond)
		anna.receive()
	}
	var ids []uint64
	for i := range uint64(20) {
		ids = append(ids, ben.accepted(buy, 1000, 3000, i+1))
	}
	w.wait(3 * time.Second)
	anna.receive()
	ben.receive()
	if n := w.proxy.byName["anna"].open; n != 900 {
		t.Fatalf("anna has %d orders", n)
	}
	anna.cancelAll(0)
	anna.receive()
	waits := 0
	for _, id := range ids {
		ben.cancel(id, 50)
		for _, m := range ben.receive() {
			if m.GetType() == notCancel {
				t.Errorf("refused: %v", line(m))
			}
		}
		if w.proxy.byName["anna"].open > 0 {
			waits++
		}
		w.wait(20 * time.Millisecond)
	}
	if waits < 10 {
		t.Errorf("anna's orders were there for %d of ben's cancels only", waits)
	}
	w.wait(3 * time.Second)
	if n := w.proxy.byName["anna"].open; n != 0 {
		t.Errorf("%d of anna's orders are left", n)
	}
}

// What a client sends takes bounded memory, and no room in the engine that others need.
func TestBounds(t *testing.T) {
	w := newStateful(t)
	anna, ben := w.login("anna"), w.login("ben")
	for i := range uint64(20) {
		anna.create(buy, 1000, 3000, i+1, func(o *msg.OrderCreate) { o.SetLabelString(strings.Repeat("x", 60_000)) })
		m := anna.want(orderAccepted)[0].GetOrderAccepted()
		if n := len(m.GetLabel()); n != labelKept {
			t.Fatalf("a label of %d bytes is kept", n)
		}
	}
	if n := w.proxy.file.size; n > 20*1000 {
		t.Errorf("the state has %d bytes", n)
	}
	for _, l := range w.links {
		l.mute = true
	}
	for i := range uint64(64) {
		anna.create(buy, 1<<44>>(i/8), 5000, 100+i)
	}
	for _, m := range anna.receive() {
		if m.GetType() != msg.PayloadOrderInvalid || m.GetOrderInvalid().GetSeq() == 0 {
			t.Errorf("%v", line(m))
		}
	}
	ben.create(buy, 1<<31-1, 5000, 1)
	ben.want()
	if n := w.proxy.byName["ben"].open; n != 1 {
		t.Error("ben's order is not on its way")
	}
}

// Rejections of a flood are made durable together, before one of them leaves, by either way.
func TestFloodSyncs(t *testing.T) {
	config := three()
	config.State, config.Sync = filepath.Join(t.TempDir(), "clients"), true
	config.Clients[0].Rate, config.Clients[0].Burst = 100, 1
	w := newWorld(t, simConfig(), config)
	anna := w.login("anna")
	watcher := &watcher{t: t, name: "anna", orders: map[uint64]Order{}}
	if _, err := w.proxy.Open([]byte("anna-token"), watcher); err != nil {
		t.Fatal(err)
	}
	syncs := 0
	w.proxy.file.sync = func(*os.File) error { syncs++; return nil }
	anna.batch(150, func(m *msg.Payload, i int) { create(buy, 1000, 3000, uint64(i))(m) })
	if n := len(anna.receive()); n != 150 || syncs != 1 { // that of the order that left
		t.Errorf("%d answers, %d syncs", n, syncs)
	}
	if !w.proxy.file.unsynced {
		t.Error("nothing is left to sync")
	}
	if watcher.last != 0 {
		t.Errorf("a watcher has message %d before it is durable", watcher.last)
	}
	w.step(tickEvery)
	if syncs != 2 || w.proxy.file.unsynced || watcher.last != 150 {
		t.Errorf("%d syncs, a watcher has message %d", syncs, watcher.last)
	}
	// A disk that fails is noticed before anything follows from it.
	w.proxy.file.sync = func(*os.File) error { return errors.New("test") }
	w.wait(time.Second)
	ben := w.login("ben")
	ben.create(buy, 1000, 3000, 1)
	if r := ben.want(rejected)[0].GetOrderRejected(); r.GetReason() != msg.OrderRejectedServiceTemporarilyUnavailable {
		t.Errorf("%v", r)
	}
}
