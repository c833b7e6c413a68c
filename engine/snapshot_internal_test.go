package engine

import (
	"testing"

	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// snapshotOf returns an engine with orders, and a snapshot of it that has room.
func snapshotOf(tb testing.TB, orders int) (*Engine, *Snapshot) {
	config := Config{Address: "exchange.test:3801", State: StateConfig{}}
	config.Session.Username, config.Session.Password = "user", "secret"
	e, err := New(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = e.Close() })
	for i := range orders {
		contract := uint32(1 + i%100)
		keys := msg.Keys{
			Type: msg.PayloadOrderCreate, Market: 1, Contract: contract, Side: msg.Side(odds.Buy), Price: 5000,
			Quantity: 10_000, Reference: uint64(i + 1),
		}
		if err := e.trading.orders.Sent(&keys, uint64(i+1), 1); err != nil {
			tb.Fatal(err)
		}
		_ = e.trading.books.OwnAdded(ownbook.Own(e.trading.orders.ByReference(keys.Reference), 0))
	}
	s := &Snapshot{engine: e, WithBooks: true, Orders: make([]order.Order, 0, orders)}
	s.Positions, s.Books = make([]ContractPosition, 0, 100), make([]BookTop, 0, 100)
	return e, s
}

// TestSnapshotAllocates nothing on the loop, neither with room nor without.
func TestSnapshotAllocates(t *testing.T) {
	const orders = 1000
	_, s := snapshotOf(t, orders)
	if n := testing.AllocsPerRun(100, s.copyState); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if s.short || len(s.Orders) != orders || len(s.Positions) != 100 || len(s.Books) != 100 {
		t.Errorf("%d orders, %d positions, %d books", len(s.Orders), len(s.Positions), len(s.Books))
	}
	small := &Snapshot{engine: s.engine}
	if n := testing.AllocsPerRun(100, small.copyState); n != 0 || !small.short || small.orders != orders {
		t.Errorf("%v allocations, short %v, of %d orders", n, small.short, small.orders)
	}
}

// BenchmarkSnapshot copies a thousand orders, a hundred positions and books: what the loop spends on a dashboard.
func BenchmarkSnapshot(b *testing.B) {
	_, s := snapshotOf(b, 1000)
	for b.Loop() {
		s.copyState()
	}
}
