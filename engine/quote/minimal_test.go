package quote

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/odds"
)

// spot is an order in the search for the fewest messages.
type spot struct {
	side  int
	price odds.Price
	size  odds.Quantity
	kept  bool // its place in the queue is the one that it began with
}

type board []spot

func (b board) key() string {
	c := slices.Clone(b)
	slices.SortFunc(c, func(x, y spot) int { return cmpSpot(x) - cmpSpot(y) })
	return fmt.Sprint(c)
}

func cmpSpot(s spot) int {
	n := s.side*1_000_000 + int(s.price)*1000 + int(s.size)*2
	if s.kept {
		n++
	}
	return n
}

// with returns a board with order i replaced by what is given, or false if that would cross.
func (b board) with(i int, s ...spot) (board, bool) {
	for _, n := range s {
		for _, o := range b {
			if o.side != n.side && crossing(odds.Side(n.side+1), n.price, o.price) {
				return nil, false
			}
		}
	}
	out := slices.Clone(b)
	if i >= 0 {
		out = slices.Delete(out, i, i+1)
	}
	return append(out, s...), true
}

func (b board) done(m *modelWish) bool {
	for s := range m.sides {
		var orders []*ticket
		for _, o := range b {
			if o.side == s {
				orders = append(orders, &ticket{price: o.price, rests: o.size})
			}
		}
		if !perfect(m, s, m.sides[s], orders) {
			return false
		}
	}
	return true
}

func (b board) kept() (n int) {
	for _, o := range b {
		if o.kept {
			n++
		}
	}
	return n
}

// next returns the boards that one message leads to.
func (b board) next(m *modelWish, replaces bool) (out []board) {
	add := func(n board, ok bool) {
		if ok {
			out = append(out, n)
		}
	}
	for i, o := range b {
		add(b.with(i))
		for _, l := range m.sides[o.side] {
			if l.Size < o.size {
				smaller := o
				smaller.size = l.Size
				n := slices.Clone(b)
				n[i] = smaller
				add(n, true)
			}
			if replaces {
				add(b.with(i, spot{side: o.side, price: l.Price, size: l.Size}))
			}
		}
	}
	for s, levels := range m.sides {
		for _, l := range levels {
			add(b.with(-1, spot{side: s, price: l.Price, size: l.Size}))
		}
	}
	return out
}

// fewest searches all sequences of messages for the shortest that fulfils a wish, and among those for
// the most orders that keep their places.
func fewest(b board, m *modelWish, replaces bool) (messages, kept int) {
	at := []board{b}
	seen := map[string]bool{b.key(): true}
	for ; ; messages++ {
		kept = -1
		for _, x := range at {
			if x.done(m) {
				kept = max(kept, x.kept())
			}
		}
		if kept >= 0 {
			return messages, kept
		}
		var next []board
		for _, x := range at {
			for _, y := range x.next(m, replaces) {
				if k := y.key(); !seen[k] {
					seen[k] = true
					next = append(next, y)
				}
			}
		}
		at = next
	}
}

// TestFewestMessages compares what the quoter sends, from random orders to a random wish at an exchange that accepts
// everything, with a search through all that could be sent.
func TestFewestMessages(t *testing.T) {
	id := Contract{1, 1}
	var count [9]int
	for seed := range uint64(plans) {
		r := rand.New(rand.NewPCG(seed, 2))
		replaces := seed%4 != 0
		q, err := New(Config{Contracts: 1, Levels: 2, Orders: 20, DisableReplace: !replaces})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{r: r, config: q.config}
		m := &modelWish{tol: Tolerance{odds.Price(r.IntN(4)), odds.Quantity(r.IntN(3))}}
		mid := 104 + r.IntN(4)
		m.sides[0] = w.randomLevels(r.IntN(3), mid-4, mid)
		m.sides[1] = w.randomLevels(r.IntN(3), mid, mid+4)
		if err := q.SetLevels(id, m.sides[0], m.sides[1], m.tol); err != nil {
			t.Fatal(err)
		}
		var start board
		mid = 104 + r.IntN(4)
		for s, from := range [2]int{mid - 4, mid} {
			for range r.IntN(3) {
				start = append(start, spot{s, odds.Price(from + r.IntN(4)), odds.Quantity(1 + r.IntN(6)), true})
			}
		}
		for i, o := range start {
			o := Order{
				Contract: id, Key: uint64(i + 1), Open: o.size, Price: o.price, Side: odds.Side(o.side + 1),
				State:   Live,
				Managed: true,
			}
			if err := q.Apply(&o); err != nil {
				t.Fatal(err)
			}
		}
		messages, kept := 0, len(start)
		for round := range 20 {
			actions := q.Step(int64(round), Budget{100, 100})
			messages += len(actions)
			for i := range actions {
				a := &actions[i]
				if a.Kind != Reduce && a.Kind != Create && a.Key <= uint64(len(start)) {
					kept--
				}
				carryOut(t, q, a, uint64(1000*round+100+i))
			}
		}
		wantMessages, wantKept := fewest(start, m, replaces)
		if messages != wantMessages || kept != wantKept {
			t.Fatalf("seed %d: %d messages keep %d places, want %d and %d: orders %v, wish %v within %v",
				seed, messages, kept, wantMessages, wantKept, start, m.sides, m.tol)
		}
		if st := q.Status(id); !st.Bid.Done || !st.Ask.Done {
			t.Fatalf("seed %d: %+v", seed, st)
		}
		count[messages]++
	}
	t.Logf("%d cases by number of messages: %v", plans, count)
}

// carryOut sends an action and accepts it at once.
func carryOut(t testing.TB, q *Quoter, a *Action, key uint64) {
	q.Sent(a, key)
	o := Order{Contract: a.Contract, Key: a.Key, Open: a.Quantity, Price: a.Price, Side: a.Side, State: Live}
	var err error
	switch a.Kind {
	case Cancel:
		o.State = Closed
	case Create:
		o.Key = key
	case Replace:
		o.State = Closed
		if err = q.Apply(&o); err != nil {
			t.Fatal(err)
		}
		o.Key, o.State = key, Live
	}
	if err = q.Apply(&o); err != nil {
		t.Fatal(err)
	}
}
