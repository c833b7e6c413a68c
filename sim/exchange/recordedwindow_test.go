package exchange

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// recordedView follows a recorded contract's book by snapshots and updates.
type recordedView struct {
	t     *testing.T
	x     *Exchange
	seed  uint64
	sides [2]map[uint32]uint64
	seen  [2]int // snapshots and updates
}

func (w *recordedView) Report(*Report, bool) {}

func (w *recordedView) Publish(m Message) {
	switch m := m.(type) {
	case *msg.MarketQuotes:
		w.seen[0]++
		w.sides = [2]map[uint32]uint64{{}, {}}
		for i := range m.GetContractQuotes() {
			if q := &m.GetContractQuotes()[i]; q.GetContractId() == 10 {
				w.levels(q)
			}
		}
	case *msg.ContractQuotes:
		w.seen[1]++
		w.levels(m)
	}
}

// levels takes levels, each of which has to be another one than before.
func (w *recordedView) levels(q *msg.ContractQuotes) {
	for side, list := range [][]msg.Quote{q.GetBids(), q.GetOffers()} {
		truth := visible(w.x, side)
		for i := range list {
			price, n := list[i].GetPrice(), list[i].GetQuantity()
			if had := w.sides[side][price]; had == n {
				w.t.Fatalf("seed %d: level %d of side %d is named with %d again", w.seed, price, side, n)
			}
			if w.sides[side][price] = n; n == 0 {
				delete(w.sides[side], price)
			}
		}
		maps.DeleteFunc(w.sides[side], func(price uint32, _ uint64) bool { // pushed out
			return truth[price] == 0 && w.x.markets[0].contracts[0].total(side, keyOf(side, price)) > 0
		})
		if !maps.Equal(w.sides[side], truth) {
			w.t.Fatalf("seed %d: side %d reads %v, is %v", w.seed, side, w.sides[side], truth)
		}
	}
}

// visible returns the best levels of a side, by what is there at each price from 4800 to 5100.
func visible(x *Exchange, side int) map[uint32]uint64 {
	levels := map[uint32]uint64{}
	for i := uint32(0); i <= 300 && len(levels) < x.depth; i++ {
		key := keyOf(side, 4800) + 300 - i
		if side == sell {
			key = keyOf(side, 4800) - i
		}
		if n := x.markets[0].contracts[0].total(side, key); n > 0 {
			levels[keyOf(side, key)] = n
		}
	}
	return levels
}

// TestRecordedWindow plays random changes among own orders, which rest, take and are cancelled, to a client that comes
// and goes: what it is told is the book, whether it changed while nobody looked or not, and says nothing twice.
func TestRecordedWindow(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		x, _ := recordedMarket(t, Queue(seed%3))
		w := &recordedView{t: t, x: x, seed: seed}
		l, following := x.Login("bot", w), false
		var ids []uint64
		for range 300 {
			switch k := r.IntN(20); {
			case k < 13:
				c := &Change{Reset: r.IntN(30) == 0}
				for range 1 + r.IntN(2) {
					c.Levels = append(c.Levels, randomLevel(r))
				}
				if r.IntN(4) == 0 {
					c.Worst = [2]uint32{4900 + 10*r.Uint32N(8), 5000 + 10*r.Uint32N(8)}
				}
				if err := x.Play(1, 10, c); err != nil {
					t.Fatal(err)
				}
			case k < 17:
				id, res := x.Submit("bot", order10(
					sideOf(r.IntN(2)), 4930+10*r.Uint32N(15), 1000*(1+r.Uint64N(3))))
				if res.OK() {
					ids = append(ids, id)
				}
			case k < 19 && len(ids) > 0:
				x.SubmitCancel("bot", ids[r.IntN(len(ids))])
			case following:
				l.Unsubscribe(1)
				following = false
			default:
				l.Subscribe(1)
				following = true
			}
			if text := x.Audit(); text != "" {
				t.Fatalf("seed %d: %s", seed, text)
			}
			if following {
				for side := range w.sides {
					if truth := visible(x, side); !maps.Equal(w.sides[side], truth) {
						t.Fatalf("seed %d: side %d reads %v, is %v", seed, side, w.sides[side], truth)
					}
				}
			}
		}
		if w.seen[0] < 2 || w.seen[1] < 20 {
			t.Errorf("seed %d: %d snapshots, %d updates", seed, w.seen[0], w.seen[1])
		}
	}
}

// randomLevel returns a bid of at most 4970 or an offer of at least 5000; own orders of the test cross both.
func randomLevel(r *rand.Rand) ChangedLevel {
	quantity := 1000 * r.Uint64N(5)
	if r.IntN(2) == 0 {
		return bid(4900+10*r.Uint32N(8), quantity)
	}
	return offer(5000+10*r.Uint32N(8), quantity)
}
