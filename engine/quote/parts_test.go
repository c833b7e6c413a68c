package quote

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestTable compares the table with a map.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const limit = 40
	var table table
	table.init(limit)
	twin := map[uint64]int32{}
	for range 200_000 {
		key := 1 + r.Uint64N(100)
		if r.IntN(2) == 0 {
			key <<= 32
		}
		slot, known := twin[key]
		switch got := table.find(key); {
		case known && got != slot, !known && got != none:
			t.Fatalf("key %x: slot %d, want %d %v", key, got, slot, known)
		case known:
			table.remove(key)
			delete(twin, key)
		case len(twin) < limit:
			slot = r.Int32N(1000)
			table.add(key, slot)
			twin[key] = slot
		}
	}
	if table.find(0) != none {
		t.Error("found key 0")
	}
}

// TestTimers compares the heap with a search.
func TestTimers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 20
	q := &Quoter{contracts: make([]contract, n), timers: timers{make([]int32, 0, n)}}
	twin := [n]int64{}
	for i := range n {
		q.contracts[i].heapPos, twin[i] = none, never
	}
	for range 100_000 {
		i := r.IntN(n)
		twin[i] = r.Int64N(50)
		if r.IntN(3) == 0 {
			twin[i] = never
		}
		q.setWake(int32(i), twin[i])
		least := never
		for _, at := range twin {
			least = min(least, at)
		}
		if at, ok := q.NextWake(); ok != (least != never) || ok && at != least {
			t.Fatalf("wakes at %d %v, want %d", at, ok, least)
		}
	}
}

// TestAssign compares the assignment with a search through all.
func TestAssign(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for range 20_000 {
		m, n := 1+r.IntN(4), r.IntN(6)
		var c costs
		for w := range m {
			for j := range n + 1 {
				c[w][j] = r.Int64N(20) - 10
				if j < n && r.IntN(4) == 0 {
					c[w][j] = costNever
				}
			}
		}
		var match [LevelsMax]int8
		assign(&c, m, n, &match)
		var got int64
		used := 0
		for w := range m {
			j := int(match[w])
			if j < 0 {
				j = n
			} else if used&(1<<j) != 0 {
				t.Fatal("an order serves two levels")
			} else {
				used |= 1 << j
			}
			got += c[w][j]
		}
		if want := cheapest(&c, m, n, 0, 0); got != want {
			t.Fatalf("costs %d, want %d: %v", got, want, c)
		}
	}
}

func cheapest(c *costs, m, n, w, used int) int64 {
	if w == m {
		return 0
	}
	best := int64(math.MaxInt64)
	for j := range n + 1 {
		if j == n || used&(1<<j) == 0 {
			next := used
			if j < n {
				next |= 1 << j
			}
			best = min(best, c[w][j]+cheapest(c, m, n, w+1, next))
		}
	}
	return best
}
