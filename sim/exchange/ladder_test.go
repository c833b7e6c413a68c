package exchange

import (
	"math/rand/v2"
	"testing"
)

// The ladder agrees with a plain array over random pushes and removals.
func TestLadder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var l ladder
	want := map[uint32][]*order{}
	check := func() {
		var keys []uint32
		for key := l.best(); key > 0; key = l.below(key) {
			keys = append(keys, key)
		}
		n := 0
		for key := uint32(PriceSum); key > 0; key-- {
			if len(want[key]) == 0 {
				if l.quantity(key) != 0 {
					t.Fatalf("key %d has %d", key, l.quantity(key))
				}
				continue
			}
			if n >= len(keys) || keys[n] != key {
				t.Fatalf("level %d is key %v, want %d", n, keys, key)
			}
			n++
			o := l.head(key)
			for _, w := range want[key] {
				if o != w {
					t.Fatalf("key %d is out of order", key)
				}
				o = o.next
			}
			if o != nil || l.quantity(key) != uint64(len(want[key])) {
				t.Fatalf("key %d has %d for %d orders", key, l.quantity(key), len(want[key]))
			}
		}
		if n != len(keys) {
			t.Fatalf("keys %v, want %d", keys, n)
		}
	}
	for i := range 3000 {
		key := 1 + r.Uint32N(PriceMax)
		if i%2 == 0 {
			key = 1 + r.Uint32N(70)
		}
		if list := want[key]; len(list) > 0 && r.IntN(3) == 0 {
			n := r.IntN(len(list))
			l.remove(key, list[n])
			want[key] = append(append([]*order(nil), list[:n]...), list[n+1:]...)
		} else {
			o := &order{available: 1}
			l.push(key, o)
			want[key] = append(list, o)
		}
		if i%50 == 0 {
			check()
		}
	}
	check()
	if l.below(0) != 0 || l.below(1) != 0 {
		t.Error("there is a level below the lowest")
	}
}
