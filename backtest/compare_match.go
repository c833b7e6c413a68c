package backtest

import (
	"cmp"
	"slices"
	"time"
)

// pair is a quantity that was filled in both days.
type pair struct {
	live, model int // fills
	quantity    uint64
}

// matcher pairs fills of a live day with those of a model: of one book, side and price, and no further apart in time
// than a tolerance. Both have the order of their times.
type matcher struct {
	live, model []FillResult
	tolerance   int64
}

// match pairs as much as there is to pair, by the live fills and then by the model's.
func match(live, model []FillResult, tolerance time.Duration) (pairs []pair) {
	m := matcher{live, model, int64(tolerance)}
	levels := make(map[bookLevel]*[2][]int)
	for i, fills := range [2][]FillResult{live, model} {
		for j := range fills {
			f := &fills[j]
			id := bookLevel{bookSide{bookID{f.Market, f.Contract}, f.Side}, f.Price}
			if levels[id] == nil {
				levels[id] = new([2][]int)
			}
			levels[id][i] = append(levels[id][i], j)
		}
	}
	for _, l := range levels {
		for len(l[0]) > 0 && len(l[1]) > 0 {
			n, k := m.together(l[0], l[1])
			pairs = append(pairs, m.pair(l[0][:n], l[1][:k])...)
			l[0], l[1] = l[0][n:], l[1][k:]
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(a.live-b.live, a.model-b.model) })
	return pairs
}

// together returns how many of the first fills of a level are before a time without any that is longer than the
// tolerance: they have nothing to do with those after it.
func (m *matcher) together(live, model []int) (n, k int) {
	last := min(m.live[live[0]].At, m.model[model[0]].At)
	for {
		switch {
		case n < len(live) && m.live[live[n]].At <= last+m.tolerance:
			last = max(last, m.live[live[n]].At)
			n++
		case k < len(model) && m.model[model[k]].At <= last+m.tolerance:
			last = max(last, m.model[model[k]].At)
			k++
		default:
			return n, k
		}
	}
}

// pair pairs fills with the nearest ones, so that differences are where they were, or in the order of their times if
// that pairs more: nothing pairs more than that.
func (m *matcher) pair(live, model []int) []pair {
	if len(live) == 0 || len(model) == 0 {
		return nil
	}
	near, ordered := m.nearest(live, model), m.inOrder(live, model)
	if paired(ordered) > paired(near) {
		return ordered
	}
	return near
}

func paired(pairs []pair) (n uint64) {
	for _, p := range pairs {
		n += p.quantity
	}
	return n
}

// quantities returns what there is to pair.
func quantities(fills []FillResult, list []int) []uint64 {
	left := make([]uint64, len(list))
	for i, j := range list {
		if !fills[j].Voided {
			left[i] = fills[j].Quantity
		}
	}
	return left
}

// nearest pairs fills of one clock reading, and then each live one with what is nearest.
func (m *matcher) nearest(live, model []int) (pairs []pair) {
	ours, theirs := quantities(m.live, live), quantities(m.model, model)
	for _, tolerance := range []int64{0, m.tolerance} {
		from := 0
		for i := range live {
			at := m.live[live[i]].At
			for from < len(model) && m.model[model[from]].At < at-tolerance {
				from++
			}
			for ours[i] > 0 {
				best, apart := -1, tolerance
				for j := from; j < len(model) && m.model[model[j]].At <= at+tolerance; j++ {
					g := m.model[model[j]].At
					if d := max(g-at, at-g); theirs[j] > 0 && (best < 0 || d < apart) {
						best, apart = j, d
					}
				}
				if best < 0 {
					break
				}
				n := min(ours[i], theirs[best])
				ours[i], theirs[best] = ours[i]-n, theirs[best]-n
				pairs = append(pairs, pair{live[i], model[best], n})
			}
		}
	}
	return pairs
}

// inOrder pairs the earliest fills with each other, or drops the earlier one if they are too far apart.
func (m *matcher) inOrder(live, model []int) (pairs []pair) {
	ours, theirs := quantities(m.live, live), quantities(m.model, model)
	for i, j := 0, 0; i < len(live) && j < len(model); {
		switch d := m.live[live[i]].At - m.model[model[j]].At; {
		case ours[i] == 0 || d < -m.tolerance:
			i++
		case theirs[j] == 0 || d > m.tolerance:
			j++
		default:
			n := min(ours[i], theirs[j])
			ours[i], theirs[j] = ours[i]-n, theirs[j]-n
			pairs = append(pairs, pair{live[i], model[j], n})
		}
	}
	return pairs
}
