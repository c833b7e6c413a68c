package risk

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// TestMarketsTwin holds the set against a map, with identifiers that collide.
func TestMarketsTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		most := 1 + random.IntN(12)
		var m markets
		m.init([]uint32{1}, most)
		twin := map[uint32]bool{1: true}
		for range 300 {
			id := random.Uint32N(24)
			var err, want error
			if random.IntN(2) == 0 {
				switch {
				case id == 0:
					want = ErrMarketZero
				case !twin[id] && len(twin) == most:
					want = ErrMarketsFull
				default:
					twin[id] = true
				}
				err = m.add(id)
			} else {
				if id == 0 {
					want = ErrMarketZero
				}
				delete(twin, id)
				err = m.remove(id)
			}
			if !errors.Is(err, want) {
				t.Fatalf("market %d: %v, want %v", id, err, want)
			}
			for id := range uint32(24) {
				if m.allowed(id) != twin[id] {
					t.Fatalf("market %d is allowed: %t", id, !twin[id])
				}
			}
		}
	}
}

// TestMarketsOff expects a gate without a list to allow all, and one whose list became empty none.
func TestMarketsOff(t *testing.T) {
	g := newGate(t, Config{})
	if err := g.AllowMarket(5); !errors.Is(err, ErrMarketsOff) {
		t.Errorf("allowed without a list: %v", err)
	}
	if err := g.ForbidMarket(5); !errors.Is(err, ErrMarketsOff) {
		t.Errorf("forbidden without a list: %v", err)
	}
	g = newGate(t, Config{Markets: []uint32{1}})
	if err := g.ForbidMarket(1); err != nil {
		t.Fatal(err)
	}
	s, keys := quiet(), replace(2500, 1)
	if err := g.Admit(1, &keys, &s); !errors.Is(err, LimitMarket) {
		t.Errorf("the last one was forbidden: %v", err)
	}
	if err := g.AllowMarket(1); err != nil {
		t.Fatal(err)
	}
	if err := g.Admit(1, &keys, &s); err != nil {
		t.Errorf("it is allowed again: %v", err)
	}
}
