package exchange

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// window follows a contract's updates as a client that keeps the visible levels, and compares each update with
// the book: it names every change of a visible level, and nothing else.
type window struct {
	t     *testing.T
	x     *Exchange
	seed  uint64
	depth int
	sides [2]map[uint32]uint64
}

func (w *window) Report(*Report, bool) {}

func (w *window) Publish(m Message) {
	q, ok := m.(*msg.ContractQuotes)
	if !ok {
		return
	}
	bids, offers := w.x.Book(1, 1)
	for side, list := range [][]msg.Quote{q.GetBids(), q.GetOffers()} {
		book := [][]Level{bids, offers}[side]
		book = book[:min(len(book), w.depth)]
		truth := map[uint32]uint64{}
		for _, l := range book {
			truth[l.Price] = l.Quantity
		}
		for i := range list {
			price, quantity := list[i].GetPrice(), list[i].GetQuantity()
			had, known := w.sides[side][price]
			switch {
			case quantity == 0 && w.x.byMarket[1].contracts[0].sides[side].quantity(keyOf(side, price)) != 0:
				w.t.Fatalf("seed %d: level %d of side %d is reported as gone and was pushed out", w.seed, price, side)
			case quantity == 0 && !known:
				w.t.Fatalf("seed %d: level %d of side %d is reported as gone and was not visible", w.seed, price, side)
			case quantity != 0 && truth[price] != quantity:
				w.t.Fatalf("seed %d: level %d of side %d is reported with %d, visible is %d",
					w.seed, price, side, quantity, truth[price])
			case known && had == quantity:
				w.t.Fatalf("seed %d: level %d of side %d is reported again", w.seed, price, side)
			}
			w.sides[side][price] = quantity
			if quantity == 0 {
				delete(w.sides[side], price)
			}
		}
		for price := range w.sides[side] { // forget what is beyond the window
			if truth[price] == 0 {
				if w.x.byMarket[1].contracts[0].sides[side].quantity(keyOf(side, price)) == 0 {
					w.t.Fatalf("seed %d: level %d of side %d is gone and was not reported", w.seed, price, side)
				}
				delete(w.sides[side], price)
			}
		}
		if fmt.Sprint(w.sides[side]) != fmt.Sprint(truth) {
			w.t.Fatalf("seed %d: side %d reads %v, is %v", w.seed, side, w.sides[side], truth)
		}
	}
}

func TestWindowShowsChanges(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 6))
		depth := 1 + r.IntN(5)
		x, err := New(Config{
			Accounts: []Account{{Username: "a", Balance: 1e15}, {Username: "b", Balance: 1e15}},
			Markets:  []Market{{ID: 1, Contracts: []Contract{{ID: 1}}}}, Depth: depth,
		})
		if err != nil {
			t.Fatal(err)
		}
		x.Login("a", &window{t, x, seed, depth, [2]map[uint32]uint64{{}, {}}}).Subscribe(1)
		var ids []uint64
		for range 200 {
			switch k := r.IntN(10); {
			case k < 6:
				side := r.IntN(2)
				id, _ := x.Submit(names[side], Create{
					Market: 1, Contract: 1, Side: sideOf(side),
					Price: 4995 + r.Uint32N(11), Quantity: 1000 * (1 + r.Uint64N(3)),
				})
				ids = append(ids, id)
			case k < 9 && len(ids) > 0:
				id := ids[r.IntN(len(ids))]
				x.SubmitCancel(names[0], id)
				x.SubmitCancel(names[1], id)
			default:
				x.internalLogin(names[r.IntN(2)]).CancelAll(&CancelAll{})
			}
		}
	}
}
