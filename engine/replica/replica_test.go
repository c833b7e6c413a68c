package replica_test

import (
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// TestReplica has a bot place orders while others trade, and compares what its journal says with what it knows.
func TestReplica(t *testing.T) {
	c := sim.DefaultConfig()
	c.Agents.Rate = 1000
	server := serve(t, c)
	dir := t.TempDir()
	e, err := engine.New(engine.Config{
		Address: server.Addr().String(), DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true},
		Journal: journal.Config{Dir: dir, Name: "replica", Durability: journal.SyncNone},
	})
	if err != nil {
		t.Fatal(err)
	}
	e.OnLoggedIn(func(*engine.Event) {
		if err := e.Subscribe(sim.DemoMarket); err != nil {
			t.Error(err)
		}
	})
	var orders []order.Order
	var levels []book.Level
	placed := 0
	e.OnBook(func(b book.Contract) {
		best, ok := b.Best(odds.Buy)
		if placed++; ok && (placed <= 20 || placed > 200) { // others may have taken those before
			_, _ = e.Place(order.Limit{
				Market: sim.DemoMarket, Contract: b.ID(), Side: odds.Buy, Price: best.Price, Quantity: 30_000,
			})
		}
		if placed >= 200 {
			orders = orders[:0]
			for o := range e.Orders() {
				orders = append(orders, *o)
			}
			levels = levelsOf(func(id uint32) (book.Contract, bool) { return e.Book(sim.DemoMarket, id) })
			if len(orders) > 0 {
				e.Stop()
			}
		}
	})
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := replica.New(replica.Config{})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := journal.OpenDir(dir, journal.ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	agreed := false
	for {
		rec, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		// A record may have many frames, between two of which the bot has taken its copy.
		for rest := rec.Payload; ; {
			one := *rec
			if one.Kind == journal.KindInbound {
				_, n, err := wire.Scan(rest, wire.Limits{})
				if err != nil || n == 0 {
					t.Fatalf("record %d has a part of a frame: %v", rec.Seq, err)
				}
				one.Payload, rest = rest[:n], rest[n:]
			} else {
				rest = nil
			}
			r.Apply(&one)
			agreed = agreed || agrees(r, orders, levels)
			if len(rest) == 0 {
				break
			}
		}
	}
	if !agreed || len(levels) < 5 || len(orders) == 0 || !r.Complete() {
		t.Fatalf("the replica never has %d orders and levels %v", len(orders), levels)
	}
	copied, err := replica.New(replica.Config{})
	if err != nil {
		t.Fatal(err)
	}
	copied.Restore(r.Copy())
	if copied.Orders().Digest() != r.Orders().Digest() {
		t.Error("the copy has other orders")
	}
}

// levelsOf are the levels of the market's contracts.
func levelsOf(of func(id uint32) (book.Contract, bool)) (list []book.Level) {
	for _, id := range []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway} {
		if c, ok := of(id); ok {
			list = c.Levels(c.Levels(list, odds.Buy), odds.Sell)
		}
	}
	return list
}

func agrees(r *replica.Replica, orders []order.Order, levels []book.Level) bool {
	n := 0
	for o := range r.Orders().Live {
		if n >= len(orders) || o.ID != orders[n].ID || o.State != orders[n].State ||
			o.Available != orders[n].Available {
			return false
		}
		n++
	}
	return n == len(orders) && slices.Equal(levels,
		levelsOf(func(id uint32) (book.Contract, bool) { return r.Books().Contract(sim.DemoMarket, id) }))
}

// counter counts requests.
type counter struct {
	replica.Ignore
	sent *int
}

// Sent counts a request.
func (c counter) Sent(*journal.Record, *msg.Keys) { *c.sent++ }
