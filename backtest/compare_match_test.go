package backtest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestMatchMost pairs fills of random days, and holds what is paired to the most that can be.
func TestMatchMost(t *testing.T) {
	const tolerance = 10
	more, split := 0, 0 // than with the nearest ones; fills that are paired with several
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0x3a7c))
		day := func() []FillResult {
			fills := make([]FillResult, random.IntN(7))
			for i := range fills {
				fills[i] = FillResult{
					At: int64(random.IntN(40)), Market: 1, Contract: uint32(random.IntN(2)), Price: 5000, Side: "buy",
					Quantity: uint64(1 + random.IntN(3)), Voided: random.IntN(8) == 0,
				}
			}
			slices.SortFunc(fills, func(a, b FillResult) int { return int(a.At - b.At) })
			return fills
		}
		live, model := day(), day()
		live = slices.DeleteFunc(live, func(f FillResult) bool { return f.Voided }) // as a live day has them
		pairs := match(live, model, tolerance)
		left := [2][]uint64{quantities(live, numbers(live)), quantities(model, numbers(model))}
		seen := make(map[int]int)
		for _, p := range pairs {
			f, g := &live[p.live], &model[p.model]
			if p.quantity == 0 || p.quantity > left[0][p.live] || p.quantity > left[1][p.model] ||
				f.Contract != g.Contract || max(f.At-g.At, g.At-f.At) > tolerance {
				t.Fatalf("seed %d: pairs %d of %+v and %+v", seed, p.quantity, f, g)
			}
			left[0][p.live] -= p.quantity
			left[1][p.model] -= p.quantity
			seen[p.live]++
		}
		want := mostPaired(live, model, tolerance)
		if got := paired(pairs); got != want {
			t.Fatalf("seed %d: %d paired of %d: %+v, %+v", seed, got, want, live, model)
		}
		m := matcher{live, model, tolerance}
		var near uint64
		for contract := range uint32(2) {
			of := func(fills []FillResult) []int {
				return slices.DeleteFunc(numbers(fills), func(i int) bool { return fills[i].Contract != contract })
			}
			near += paired(m.nearest(of(live), of(model)))
		}
		if near < want {
			more++
		}
		for _, n := range seen {
			split += n / 2
		}
	}
	if more == 0 || split == 0 {
		t.Errorf("%d days are paired in order, %d fills with several", more, split)
	}
}

func numbers(fills []FillResult) []int {
	list := make([]int, len(fills))
	for i := range list {
		list[i] = i
	}
	return list
}

// mostPaired returns the most units that can be paired: as long as there is one more, a path leads from a unit that is
// not paired to another one.
func mostPaired(live, model []FillResult, tolerance int64) (n uint64) {
	units := func(fills []FillResult) (list []*FillResult) {
		for i := range fills {
			for range fills[i].Quantity {
				if !fills[i].Voided {
					list = append(list, &fills[i])
				}
			}
		}
		return list
	}
	ours, theirs := units(live), units(model)
	with := make([]int, len(theirs))
	for j := range with {
		with[j] = -1
	}
	var visited []bool
	var augment func(i int) bool
	augment = func(i int) bool {
		for j, g := range theirs {
			f := ours[i]
			if visited[j] || f.Contract != g.Contract || max(f.At-g.At, g.At-f.At) > tolerance {
				continue
			}
			visited[j] = true
			if with[j] < 0 || augment(with[j]) {
				with[j] = i
				return true
			}
		}
		return false
	}
	for i := range ours {
		visited = make([]bool, len(theirs))
		if augment(i) {
			n++
		}
	}
	return n
}

// TestMatchWhere leaves the fill alone that the other day does not have.
func TestMatchWhere(t *testing.T) {
	day := func(at ...int64) (fills []FillResult) {
		for _, n := range at {
			fills = append(fills, FillResult{At: n, Market: 1, Contract: 1, Side: "sell", Price: 5000, Quantity: 1})
		}
		return fills
	}
	for _, c := range []struct {
		name        string
		live, model []FillResult
		want        []pair
	}{
		{"one more before", day(5, 10, 15), day(0, 5, 10, 15), []pair{{0, 1, 1}, {1, 2, 1}, {2, 3, 1}}},
		{"the same moment first", day(0, 5), day(5), []pair{{1, 0, 1}}},
		{"each is nearer to another one", day(0, 9), day(7, 18), []pair{{0, 0, 1}, {1, 1, 1}}},
		{"the nearest one is another one's only", day(6, 12), day(0, 11), []pair{{0, 0, 1}, {1, 1, 1}}},
		{"at the tolerance", day(0, 30), day(10, 41), []pair{{0, 0, 1}}},
		{"none", day(0), day(11), nil},
	} {
		if got := match(c.live, c.model, 10*time.Nanosecond); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
