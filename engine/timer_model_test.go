package engine

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTimersAgainstAList sets, cancels and fires timers at random, and does the same with a list
// that is searched: both agree about what fires when.
func TestTimersAgainstAList(t *testing.T) {
	type listed struct {
		at, period int64
		id         uint64
		mark       int
	}
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		heap := newTimers()
		var list []listed
		fired, marks := 0, 0
		next := func() int { // what fires next of the list
			first := -1
			for i, l := range list {
				if first < 0 || l.at < list[first].at || l.at == list[first].at && l.id < list[first].id {
					first = i
				}
			}
			return first
		}
		for now := int64(0); now < 2000; now++ {
			switch op := random.IntN(10); {
			case op < 5:
				marks++
				mark := marks
				l := listed{at: now + random.Int64N(50), mark: mark}
				if random.IntN(3) == 0 {
					l.period = 1 + random.Int64N(30)
				}
				id, err := heap.add(timer{at: l.at, period: l.period, f: func() { fired = mark }})
				if err != nil {
					t.Fatal(err)
				}
				l.id = id
				list = append(list, l)
			case op < 8 && len(list) > 0:
				i := random.IntN(len(list))
				heap.remove(list[i].id)
				heap.remove(list[i].id)
				list = slices.Delete(list, i, i+1)
			default:
				now += random.Int64N(5)
			}
			for {
				i := next()
				due := int64(never)
				if i >= 0 {
					due = list[i].at
				}
				if heap.due != due || len(heap.heap) != len(list) {
					t.Fatalf("seed %d, at %d: %d timers, the first at %d, want %d at %d",
						seed, now, len(heap.heap), heap.due, len(list), due)
				}
				if due > now {
					break
				}
				f, _ := heap.fire(now)
				if f(); fired != list[i].mark {
					t.Fatalf("seed %d, at %d: timer %d fired, want %d", seed, now, fired, list[i].mark)
				}
				if list[i].period == 0 {
					list = slices.Delete(list, i, i+1)
					continue
				}
				for list[i].at <= now {
					list[i].at += list[i].period
				}
			}
		}
	}
}
