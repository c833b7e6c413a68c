package session

import (
	"math"
	"testing"
)

// TestBudget counts how many messages a call of Next may take, with and without a tap.
func TestBudget(t *testing.T) {
	for _, c := range []struct {
		most   int
		tapped bool
		want   int
	}{{1, false, 1}, {3, false, 3}, {3, true, 1}, {1, true, 1}, {64, false, 64}} {
		var b budget
		b.set(c.most, c.tapped)
		for range 3 {
			n := 1
			for ; !b.spend(); n++ {
				if b.more {
					t.Errorf("%+v: more amid the budget", c)
				}
			}
			if n != c.want || !b.more || b.used != 0 {
				t.Errorf("%+v: %d messages, more %t", c, n, b.more)
			}
			b.more = false
		}
		if b.most != c.most {
			t.Errorf("%+v: keeps %d", c, b.most)
		}
	}
	for _, tapped := range []bool{false, true} {
		var b budget
		b.set(math.MaxInt, tapped)
		for range 1000 {
			if b.spend() {
				t.Fatalf("tapped %t: an unlimited budget is used up", tapped)
			}
		}
	}
}
