package engine

import (
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
)

// TestManyBooksSuspect makes a thousand books suspect at once, and again in the middle of the walk: a tick calls
// OnBook's handlers a bounded number of times, and each book has its turn.
func TestManyBooksSuspect(t *testing.T) {
	const books = 1000
	config := Config{Address: "exchange.test:3801", State: StateConfig{}}
	config.State.Books.Markets, config.State.Books.Contracts = books, books+100
	config.Session.Username, config.Session.Password = "user", "secret"
	e, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	b := e.trading.books
	for id := uint32(1); id <= books; id++ {
		var m msg.MarketQuotes
		m.SetMarketId(id)
		m.AddContractQuotes().SetContractId(7)
		if err := b.Subscribed(id, 1); err != nil {
			t.Fatal(err)
		}
		if err := b.ApplySnapshot(&m, 1); err != nil {
			t.Fatal(err)
		}
	}
	calls, suspect := 0, make(map[uint32]book.Causes)
	e.OnBook(func(c book.Contract) {
		calls++
		_, suspect[c.Market()] = c.State()
	})
	tick := func() {
		t.Helper()
		before := calls
		e.tickTrading()
		if calls-before > bookWalkMax {
			t.Errorf("%d calls in a tick", calls-before)
		}
	}
	b.Gap(2)
	e.bookEvents(b.Events())
	e.trading.due = 0
	for range 5 {
		tick()
	}
	b.Disconnected(3)
	e.bookEvents(b.Events())
	for ticks := 0; e.tradingDue() <= e.now; ticks++ {
		if tick(); ticks > 1000 {
			t.Fatal("the walk does not end")
		}
	}
	if len(suspect) != books || calls > books+5*bookWalkMax {
		t.Errorf("%d books in %d calls", len(suspect), calls)
	}
	for id, causes := range suspect {
		if causes != book.Gap|book.Reconnect {
			t.Errorf("market %d: %v", id, causes)
		}
	}
	// Many markets that change one by one.
	clear(suspect)
	b.Connected(false, 4)
	e.bookEvents(b.Events())
	e.notifyTrading()
	e.trading.due = 0
	for ticks := 0; e.tradingDue() <= e.now; ticks++ {
		if tick(); ticks > 1000 {
			t.Fatal("the walk does not end")
		}
	}
	if len(suspect) != books {
		t.Errorf("%d books", len(suspect))
	}
}
