package book_test

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// queue expects the bounds of an own order.
func (s *script) queue(id uint64, lower, upper odds.Quantity) {
	s.Helper()
	q, ok := s.b.Queue(id)
	if !ok || q.Lower != lower || q.Upper != upper || q.Exact() != (lower == upper) {
		s.Fatalf("%+v %v, want %d to %d", q, ok, lower, upper)
	}
}

// place adds an own bid of contract 1 that the exchange puts behind a quantity.
func (s *script) place(id uint64, price uint32, open, ahead uint64) {
	s.Helper()
	s.must(s.b.OwnAdded(book.Own{
		ID: id, Market: 1, Contract: 1, Side: odds.Buy, Price: odds.Price(price), Open: odds.Quantity(open),
		Pending: true,
	}))
	s.queue(id, 0, odds.QuantityMax)
	s.update(price, 0, ahead+open)
	s.must(s.b.OwnAccepted(id, odds.Quantity(open)))
}

// execute applies an update with an execution of bids at a price, of which total stays.
func (s *script) execute(price uint32, quantity, total uint64) {
	q := update(1, 1, price, 0, total)
	e := q.AddExecutions()
	e.SetPrice(price)
	e.SetQuantity(quantity)
	e.SetLiquidity(msg.SideBuy)
	_, err := s.b.ApplyUpdate(q, s.now)
	s.must(err)
}

func TestQueueStepByStep(t *testing.T) {
	s := newScript(t, book.Config{Depth: 2})
	s.subscribe()
	s.snapshot(4900, 5100) // 1000 at each
	s.place(1, 4900, 500, 1000)
	s.queue(1, 1000, 1000)
	s.update(4900, 0, 1400) // nobody is behind: it was ahead
	s.queue(1, 900, 900)
	s.update(4900, 0, 1700) // 300 behind
	s.queue(1, 900, 900)
	s.update(4900, 0, 1500) // 200 ahead or behind
	s.queue(1, 700, 900)
	s.update(4900, 0, 1100) // 400, at most 300 of them behind
	s.queue(1, 300, 600)
	s.execute(4900, 350, 750)
	s.queue(1, 0, 250)
	s.must(s.b.OwnReducing(1, true))
	s.update(4900, 0, 350) // that may be the own reduction
	s.queue(1, 0, 250)
	s.must(s.b.OwnChanged(1, 100))
	s.queue(1, 0, 250)
	s.update(4900, 0, 300)
	s.queue(1, 0, 200)
	s.execute(4900, 250, 50)
	s.queue(1, 0, 0)
	s.must(s.b.OwnFilled(1, 20))
	s.queue(1, 0, 0)
	s.must(s.b.OwnRemoved(1))
	if _, ok := s.b.Queue(1); ok {
		t.Error("an order that ended has a place in the queue")
	}
}

func TestQueueOutsideOfTheWindow(t *testing.T) {
	s := newScript(t, book.Config{Depth: 2})
	s.subscribe()
	s.snapshot(4900, 5100)
	s.place(1, 4800, 500, 700) // what was there came into view with it
	s.queue(1, 0, 700)
	s.update(4800, 0, 1100)
	s.queue(1, 0, 600)
	s.update(4950, 0, 5) // 4800 is pushed out
	s.queue(1, 0, 600)
	s.update(4950, 0, 0)
	q := update(1, 1, 4800, 0, 900)
	_, err := s.b.ApplyUpdate(q, s.now)
	s.must(err)
	s.queue(1, 0, 400)
	// An order at a level that is not visible.
	s.update(4950, 0, 5)
	s.must(s.b.OwnAdded(book.Own{ID: 2, Market: 1, Contract: 1, Side: odds.Buy, Price: 4700, Open: 5, Pending: true}))
	s.must(s.b.OwnAccepted(2, 5))
	s.queue(2, 0, odds.QuantityMax)
	// A level that is refilled by others while reports are late is no arrival of ours.
	s.must(s.b.OwnAdded(book.Own{ID: 3, Market: 1, Contract: 1, Side: odds.Buy, Price: 4950, Open: 50, Pending: true}))
	s.update(4950, 0, 105)
	s.must(s.b.OwnAccepted(3, 50))
	s.queue(3, 0, 55)
}

// An arrival that could be of the order or of somebody else leaves both possible.
func TestQueueOfTwoPossibleArrivals(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	s.snapshot(4900, 5100)
	s.must(s.b.OwnAdded(book.Own{ID: 1, Market: 1, Contract: 1, Side: odds.Buy, Price: 4900, Open: 50, Pending: true}))
	s.update(4900, 0, 1050)
	s.update(4900, 0, 1100)
	s.update(4900, 0, 1090)
	s.must(s.b.OwnAccepted(1, 50))
	s.queue(1, 990, 1040)
}

// An arrival that makes a level, or that happened while its level could not be seen, is not mistaken for a later one of
// the same size by somebody else, however late the acceptance.
func TestQueueOfAnUnseenArrival(t *testing.T) {
	s := newScript(t, book.Config{Depth: 2})
	s.subscribe()
	s.snapshot(4900, 5100)
	add := func(id uint64, price odds.Price) {
		s.must(s.b.OwnAdded(book.Own{
			ID: id, Market: 1, Contract: 1, Side: odds.Buy, Price: price, Open: 50,
			Pending: true,
		}))
	}
	add(1, 4950)
	s.update(4950, 0, 50)
	s.update(4950, 0, 100)
	s.must(s.b.OwnAccepted(1, 50))
	s.queue(1, 0, 50)

	add(2, 4900)
	s.snapshot(4900, 5100) // 1000, its own among them or not
	s.update(4900, 0, 1050)
	s.must(s.b.OwnAccepted(2, 50))
	s.queue(2, 0, 1000)

	s.update(4960, 0, 10)
	s.update(4970, 0, 10) // 4900 is out of the window
	add(3, 4900)
	s.update(4970, 0, 0)
	s.update(4960, 0, 0)
	s.update(4950, 0, 0)
	s.update(4900, 0, 300) // in it again, with the order
	s.update(4900, 0, 350)
	s.must(s.b.OwnAccepted(3, 50))
	s.queue(3, 0, 300)
}

func TestQueueAfterLosses(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	s.snapshot(4900, 5100)
	s.place(1, 4900, 500, 1000)
	s.queue(1, 1000, 1000)
	s.b.Disconnected(s.now)
	s.b.Connected(true, s.now)
	s.queue(1, 1000, 1000)
	s.b.Disconnected(s.now)
	s.b.Connected(false, s.now)
	s.queue(1, 0, 1000)
	s.snapshot(4900, 5100) // 1000, of which 500 are its own
	s.queue(1, 0, 1000)    // or less: its fills may not have been reported
	s.update(4900, 0, 900)
	s.queue(1, 0, 400)
	s.place(2, 4900, 100, 900)
	s.queue(2, 900, 900)
	if _, err := s.b.ApplyUpdate(update(1, 1, 0, 5000, 1<<60), s.now); err != book.ErrQuantity {
		t.Fatal(err)
	}
	s.queue(2, 0, 900)
	s.update(4900, 0, 700) // it is not known what was missed
	s.queue(2, 0, 900)
}

func TestQueueWithReplacesInPlace(t *testing.T) {
	s := newScript(t, book.Config{InPlaceReplaces: true})
	s.subscribe()
	s.snapshot(4900, 5100)
	s.place(1, 4900, 500, 1000)
	s.queue(1, 0, 1000)
	s.execute(4900, 1000, 500)
	s.queue(1, 0, 0)
}

func TestOwnOrdersAreChecked(t *testing.T) {
	b, err := book.New(book.Config{Markets: 2, Contracts: 3, Orders: 4})
	if err != nil {
		t.Fatal(err)
	}
	good := book.Own{ID: 7, Market: 1, Contract: 1, Side: odds.Sell, Price: 5000, Open: 10}
	for _, c := range []struct {
		change func(*book.Own)
		want   error
	}{
		{func(o *book.Own) { o.Price = 0 }, book.ErrPrice},
		{func(o *book.Own) { o.Open = -1 }, book.ErrQuantity},
		{func(o *book.Own) { o.Side = 3 }, book.ErrSide},
		{func(o *book.Own) { o.Market = 0 }, book.ErrNoMarket},
		{func(o *book.Own) { o.Contract = 0 }, book.ErrNoMarket},
		{func(*book.Own) {}, nil},
		{func(*book.Own) {}, book.ErrDuplicateOrder},
	} {
		o := good
		c.change(&o)
		if err := b.OwnAdded(o); err != c.want {
			t.Errorf("%+v: %v, want %v", o, err, c.want)
		}
	}
	if _, ok := b.Contract(1, 1); !ok {
		t.Error("the own order's book is not there")
	}
	for id := uint64(8); id < 11; id++ {
		good.ID, good.Contract = id, uint32(id%3+1)
		if err := b.OwnAdded(good); err != nil {
			t.Fatal(err)
		}
	}
	good.ID = 11
	var full *book.LimitError
	if err := b.OwnAdded(good); !errors.As(err, &full) || full.Field != "Orders" || full.Limit != 4 {
		t.Error(err)
	}
	for _, err := range []error{
		b.OwnAccepted(99, 1), b.OwnFilled(99, 1), b.OwnChanged(99, 1), b.OwnReducing(99, true), b.OwnRemoved(99),
	} {
		if err != book.ErrUnknownOrder {
			t.Error(err)
		}
	}
	for _, err := range []error{b.OwnAccepted(7, -1), b.OwnFilled(7, -1), b.OwnChanged(7, odds.QuantityMax+1)} {
		if err != book.ErrQuantity {
			t.Error(err)
		}
	}
	for id := uint64(7); id < 11; id++ {
		if err := b.OwnRemoved(id); err != nil {
			t.Error(err)
		}
	}
	if _, ok := b.Contract(1, 1); ok {
		t.Error("the book is still there after the last order")
	}
}

// Own orders of a pending state are taken to be in the book, at most as much as there is.
func TestPendingOrdersAreSubtracted(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	s.snapshot(4900, 5100)
	c, _ := s.b.Contract(1, 1)
	others := func(want odds.Quantity) {
		t.Helper()
		best, _ := c.WithoutOwn().Best(odds.Buy)
		if best.Quantity != want || best.Price != 4900 && want > 0 {
			t.Errorf("%v, want %d at 4900", best, want)
		}
	}
	add := func(id uint64, price odds.Price, open odds.Quantity) {
		s.must(s.b.OwnAdded(book.Own{
			ID: id, Market: 1, Contract: 1, Side: odds.Buy, Price: price, Open: open,
			Pending: true,
		}))
	}
	add(1, 4900, 300)
	others(700)
	add(2, 4950, 300) // not in the book yet
	others(700)
	s.update(4950, 0, 300)
	others(700)
	add(3, 4900, 5000)
	others(0)
	s.must(s.b.OwnRemoved(3)) // refused
	others(700)
	if full, _ := c.Best(odds.Buy); full.Price != 4950 {
		t.Error(full)
	}
}
