package risk

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/odds"
)

// TestDuplicateEdges sends an order twice at both sides of the window, and orders that differ in one thing.
func TestDuplicateEdges(t *testing.T) {
	const window = int64(time.Second)
	g := newGate(t, Config{DuplicateWindow: time.Second})
	s := quiet()
	keys := create(odds.Buy, 2500, 7)
	for range 3 {
		if err := g.Admit(5, &keys, &s); err != nil { // it was never sent
			t.Fatal(err)
		}
	}
	if err := place(g, 5, keys, &s); err != nil {
		t.Fatal(err)
	}
	r := refusalOf(t, place(g, 5+window-1, keys, &s))
	if r != (Refusal{Limit: LimitDuplicate, Max: window, Value: window - 1, Allowed: 1}) || r.Wait() != 1 {
		t.Errorf("within the window: %+v", r)
	}
	if r := refusalOf(t, place(g, 0, keys, &s)); r.Limit != LimitDuplicate || r.Value != window-1 {
		t.Errorf("the clock stepped back: %+v", r)
	}
	if r := refusalOf(t, place(g, 5+window-1, replace(2500, 7), &s)); r.Limit != LimitDuplicate {
		t.Errorf("replaced to the same: %+v", r)
	}
	other := s
	other.Original.Side = odds.Sell
	if err := place(g, 5+window-1, replace(2500, 7), &other); err != nil {
		t.Errorf("replaced on the other side: %v", err)
	}
	market, contract, reference := keys, keys, keys
	market.Market, contract.Contract, reference.Reference = 9, 9, 9
	for i, k := range []struct {
		err  error
		want error
	}{
		{place(g, 5+window-1, create(odds.Sell, 2501, 7), &s), nil},
		{place(g, 5+window-1, create(odds.Buy, 2501, 7), &s), nil},
		{place(g, 5+window-1, create(odds.Buy, 2500, 8), &s), nil},
		{place(g, 5+window-1, market, &s), nil},
		{place(g, 5+window-1, contract, &s), nil},
		{place(g, 5+window-1, reference, &s), LimitDuplicate},
	} {
		if !errors.Is(k.err, k.want) {
			t.Errorf("order %d that differs: %v", i, k.err)
		}
	}
	if err := place(g, 5+window, keys, &s); err != nil {
		t.Errorf("after the window: %v", err)
	}
	if err := place(g, 5+window, keys, &s); !errors.Is(err, LimitDuplicate) {
		t.Errorf("once more: %v", err)
	}
}

// TestOnlyAdmittedOrdersAreRemembered sends an order that was not admitted last.
func TestOnlyAdmittedOrdersAreRemembered(t *testing.T) {
	g := newGate(t, Config{DuplicateWindow: time.Second, OrderQuantityMax: 10})
	small, large := create(odds.Buy, 2500, 10), create(odds.Buy, 2500, 11)
	if err := g.Admit(1, &small, nil); err != nil {
		t.Fatal(err)
	}
	if err := g.Admit(1, &large, nil); !errors.Is(err, LimitQuantity) {
		t.Fatal(err)
	}
	g.Sent(1, &large)
	if err := place(g, 1, small, nil); err != nil {
		t.Errorf("an order that was never sent is remembered: %v", err)
	}
	g.Sent(1, &small) // once more, without asking
	if d := &g.duplicates; d.next-d.oldest != 1 {
		t.Errorf("%d orders are remembered", d.next-d.oldest)
	}
}

// TestDuplicateOrdersEdge fills the window.
func TestDuplicateOrdersEdge(t *testing.T) {
	for _, most := range []int{1, 2, 3, 5} {
		g := newGate(t, Config{DuplicateWindow: time.Second, DuplicateOrders: most})
		for i := range most {
			if err := place(g, int64(i), create(odds.Buy, 2500, odds.Quantity(1+i)), nil); err != nil {
				t.Fatalf("order %d of %d: %v", i, most, err)
			}
		}
		now := int64(most)
		r := refusalOf(t, place(g, now, create(odds.Buy, 2500, 99), nil))
		wait := int64(time.Second) - now
		if r != (Refusal{Limit: LimitDuplicateOrders, Max: int64(most), Value: int64(most) + 1, Allowed: wait}) {
			t.Errorf("order %d: %+v", most, r)
		}
		if r := refusalOf(t, place(g, now+wait-1, create(odds.Buy, 2500, 99), nil)); r.Limit != LimitDuplicateOrders {
			t.Errorf("early: %+v", r)
		}
		if err := place(g, now+wait, create(odds.Buy, 2500, 99), nil); err != nil {
			t.Errorf("in time: %v", err)
		}
	}
}

// TestDuplicatesTwin holds the ring against a list, with few values so that many are the same.
func TestDuplicatesTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		window := 1 + random.Int64N(100)
		most := 1 + random.IntN(20)
		var d duplicates
		d.init(window, most)
		type sent struct {
			at int64
			q  request
		}
		var list []sent
		now := int64(random.Uint64())
		for range 500 {
			if now < math.MaxInt64-10 {
				now += random.Int64N(10)
			}
			q := request{
				market: random.Uint32N(2), contract: random.Uint32N(2), price: odds.Price(1 + random.IntN(3)),
				quantity: odds.Quantity(1 + random.IntN(2)), side: odds.Side(1 + random.IntN(2)),
			}
			live := list[:0]
			for _, o := range list {
				if uint64(now)-uint64(o.at) < uint64(window) {
					live = append(live, o)
				}
			}
			list = live
			wantAgo, want := int64(0), false
			for _, o := range list {
				if o.q == q {
					wantAgo, want = now-o.at, true
				}
			}
			if ago, ok := d.find(now, keyOf(&q)); ago != wantAgo || ok != want {
				t.Fatalf("found %d %t, want %d %t", ago, ok, wantAgo, want)
			}
			wait := int64(0)
			if len(list) >= most {
				wait = list[len(list)-most].at + window - now
			}
			if got := d.full(); got != (wait > 0) || got && d.wait(now) != wait {
				t.Fatalf("full %t, want it for %d", got, wait)
			}
			if random.IntN(2) == 0 {
				if len(list) >= most {
					list = list[1:] // the guard was not asked
				}
				list = append(list, sent{now, q})
				d.add(now)
			}
		}
	}
}

// TestOrderKeys expects orders that differ in one thing to have keys that differ, at the ends of every range too.
func TestOrderKeys(t *testing.T) {
	seen := make(map[orderKey]request)
	for _, market := range []uint32{0, 1, math.MaxUint32} {
		for _, contract := range []uint32{0, 1, math.MaxUint32} {
			for _, quantity := range []odds.Quantity{1, 2, odds.QuantityMax - 1, odds.QuantityMax} {
				for _, price := range []odds.Price{1, 2, 9998, 9999} {
					for _, side := range []odds.Side{odds.Buy, odds.Sell} {
						q := request{market: market, contract: contract, quantity: quantity, price: price, side: side}
						if other, ok := seen[keyOf(&q)]; ok {
							t.Errorf("%+v has the key of %+v", q, other)
						}
						seen[keyOf(&q)] = q
					}
				}
			}
		}
	}
}
