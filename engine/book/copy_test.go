package book_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// TestCopy compares books that were restored with what they were, and what becomes of them with what became of those
// that were never changed.
func TestCopy(t *testing.T) {
	const steps, depth = 400, 5
	w := newWorld(t, 7, depth)
	tr := newTrader(t, w.x, "bot", book.Config{Markets: 4, Contracts: 16, Depth: depth})
	for m := uint32(1); m <= worldMarkets; m++ {
		tr.subscribe(m)
	}
	act := func() {
		for k := range steps {
			if w.step(); k%10 == 0 {
				market, contract := 1+w.r.Uint32N(worldMarkets), 1+w.r.Uint32N(worldContracts)
				tr.create(market, contract, odds.Buy, 4985+w.r.Uint32N(10), 2000, msg.GoodTilCancelled)
			}
		}
	}
	act()
	was, kept := picture(tr), tr.b.Copy()
	act()
	is, later := picture(tr), tr.b.Copy()
	if slices.Equal(was, is) {
		t.Fatal("nothing changed between copy and restore")
	}
	for range 2 { // a copy may be restored again
		tr.b.Restore(kept)
		if got := picture(tr); !slices.Equal(got, was) {
			t.Fatalf("restored:\n%v\nwas\n%v", got, was)
		}
		_ = tr.b.OwnAdded(book.Own{ID: 1 << 60, Market: 9, Contract: 9, Side: odds.Buy, Price: 1, Open: 1})
		tr.b.Restore(later)
		if got := picture(tr); !slices.Equal(got, is) {
			t.Fatalf("restored the later one:\n%v\nwas\n%v", got, is)
		}
	}
	act() // and it goes on as if nothing had happened
	everyContract(w, tr, func(c book.Contract) { sameAsExchange(t, w.x, c, depth) })
	other, err := book.New(book.Config{Markets: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a copy of another configuration was restored")
		}
	}()
	other.Restore(kept)
}

// picture is everything that books show, the queues of own orders last.
func picture(tr *trader) (list []string) {
	b := tr.b
	for i := range b.Places() {
		c, ok := b.ContractAt(i)
		if !ok {
			continue
		}
		state, causes := c.State()
		last, _ := c.Last()
		list = append(list, fmt.Sprint(
			c.Market(), c.ID(), state, causes, last, c.Traded(), c.Updated(), c.ExchangeState(),
			c.Levels(nil, odds.Buy), c.Levels(nil, odds.Sell), c.WithoutOwn().Levels(nil, odds.Buy),
			c.WithoutOwn().Levels(nil, odds.Sell)))
	}
	list = append(list, fmt.Sprint(b.Depth(), b.Due(), b.Stats()))
	queues := []string{}
	for ref := range tr.next + 1 {
		if q, ok := b.Queue(ref); ok {
			queues = append(queues, fmt.Sprint(ref, q))
		}
	}
	return append(list, fmt.Sprint(queues))
}
