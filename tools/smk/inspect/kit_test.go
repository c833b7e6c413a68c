package inspect

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// patience is how long a test waits for what does not come.
const patience = time.Minute

// planted is how long what a test plants takes at least.
const planted = 300 * time.Millisecond

// trader places an order, cancels it when it is accepted, and does so again, until it has done so often enough.
type trader struct {
	*engine.Engine
	t       *testing.T
	rounds  int // that were placed
	most    int
	plant   func(round int) // called when an order was placed
	refused int
	more    func() bool // whether it goes on beyond most
}

// record has a trader trade on an exchange, and returns the folder of the journal.
func record(t *testing.T, most int, exchange func(*sim.Config), dial func(string) string, start func(*trader)) string {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents = sim.Agents{}
	if exchange != nil {
		exchange(&c)
	}
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = server.Close()
	}()
	address := server.Addr().String()
	if dial != nil {
		address = dial(address)
	}
	dir := t.TempDir()
	e, err := engine.New(engine.Config{
		Address: address, DisableTLS: true,
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword,
			DisableThrottle: c.Throttle.Off, // or the bot's own holds what the exchange would take
		},
		Journal: journal.Config{Dir: dir, Name: "trader", Durability: journal.SyncNone},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &trader{Engine: e, t: t, most: most, plant: func(int) {}, more: func() bool { return false }}
	e.OnCaughtUp(func(*engine.Event) { b.place() })
	e.OnOrder(b.order)
	if start != nil {
		start(b)
	}
	if err := e.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if b.rounds < most {
		t.Fatalf("%d rounds of %d", b.rounds, most)
	}
	return dir
}

// place places an order; if it is refused it tries again a moment later.
func (b *trader) place() {
	_, err := b.Place(order.Limit{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: odds.Price(1000 + 10*(b.rounds%50)),
		Quantity: 20_000,
	})
	if err != nil {
		b.refused++
		b.After(20*time.Millisecond, b.place)
		return
	}
	b.rounds++
	b.plant(b.rounds)
}

// order cancels an order that is accepted, and places the next when one is cancelled.
func (b *trader) order(o *order.Order, ev *order.Event) {
	switch ev.Kind {
	case order.OrderAccepted:
		b.cancel(o.ID)
	case order.OrderCancelled:
		if b.rounds >= b.most && !b.more() {
			b.Stop()
			return
		}
		b.place()
	}
}

func (b *trader) cancel(id uint64) {
	var m msg.OrderCancel
	m.SetOrderId(id)
	if _, err := b.SendOrderCancel(&m); err != nil {
		b.After(20*time.Millisecond, func() { b.cancel(id) })
	}
}

// proxy passes bytes between clients and an exchange. hold is called before bytes go to the client.
func proxy(t *testing.T, exchange string, hold func()) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	pass := func(from, to net.Conn, before func()) {
		b := make([]byte, 64<<10)
		for {
			n, err := from.Read(b)
			before()
			if n > 0 {
				if _, err := to.Write(b[:n]); err != nil {
					break
				}
			}
			if err != nil {
				break
			}
		}
		_ = to.Close()
	}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", exchange)
			if err != nil {
				_ = client.Close()
				return
			}
			go pass(client, server, func() {})
			go pass(server, client, hold)
		}
	}()
	return l.Addr().String()
}
