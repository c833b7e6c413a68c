package goal

import (
	"math"
	"slices"
	"testing"
)

// TestVerdict judges values on, just inside and just outside of each limit, in both senses.
func TestVerdict(t *testing.T) {
	most := Goal{Sense: AtMost, Limit: 2, Stretch: 1.2}
	least := Goal{Sense: AtLeast, Limit: 5, Stretch: 8}
	for _, c := range []struct {
		name     string
		goal     Goal
		measured float64
		want     Verdict
	}{
		{"at most, far below", most, 0, Stretched},
		{"at most, on the stretch", most, 1.2, Stretched},
		{"at most, above the stretch", most, math.Nextafter(1.2, 2), Reached},
		{"at most, on the limit", most, 2, Reached},
		{"at most, above the limit", most, math.Nextafter(2, 3), Missed},
		{"at most, far above", most, math.Inf(1), Missed},
		{"at most, not measured", most, math.NaN(), NotMeasured},
		{"at least, far above", least, 100, Stretched},
		{"at least, on the stretch", least, 8, Stretched},
		{"at least, below the stretch", least, math.Nextafter(8, 0), Reached},
		{"at least, on the limit", least, 5, Reached},
		{"at least, below the limit", least, math.Nextafter(5, 0), Missed},
		{"at least, nothing", least, 0, Missed},
		{"at least, not measured", least, math.NaN(), NotMeasured},
		{"at most without stretch", Goal{Sense: AtMost, Limit: 2, Stretch: none}, -9, Reached},
		{"at least without stretch", Goal{Sense: AtLeast, Limit: 2, Stretch: none}, math.Inf(1), Reached},
		{"exactly nothing", Goal{Sense: AtMost}, 0, Stretched},
		{"more than nothing", Goal{Sense: AtMost}, 0.001, Missed},
	} {
		if got := c.goal.Verdict(c.measured); got != c.want {
			t.Errorf("%s: %v is %v, want %v", c.name, c.measured, got, c.want)
		}
	}
}

// TestVerdictText writes every verdict and reads it again.
func TestVerdictText(t *testing.T) {
	for v := NotMeasured; v <= Stretched; v++ {
		text, err := v.MarshalText()
		var back Verdict
		if err != nil || back.UnmarshalText(text) != nil || back != v {
			t.Errorf("%v comes back from %q as %v", v, text, back)
		}
	}
	if new(Verdict).UnmarshalText([]byte("perhaps")) == nil {
		t.Error("any text is a verdict")
	}
}

// TestTable holds the table to what makes it readable: every goal of the plan is in it, in order,
// under a key of its own, and its stretch is no easier than its limit.
func TestTable(t *testing.T) {
	keys := make(map[string]bool)
	var numbers []int
	for _, g := range All() {
		if g.Key == "" || keys[g.Key] {
			t.Errorf("key %q is there twice", g.Key)
		}
		keys[g.Key] = true
		if g.What == "" {
			t.Errorf("%s does not say what it is", g.Key)
		}
		if g.Verdict(g.Limit) == Missed || !math.IsNaN(g.Stretch) && g.Verdict(g.Stretch) != Stretched {
			t.Errorf("%s: its stretch is easier than its limit", g.Key)
		}
		if g.Number != Guard {
			if len(numbers) > 0 && g.Number < numbers[len(numbers)-1] {
				t.Errorf("%s is out of order", g.Key)
			}
			numbers = append(numbers, g.Number)
		}
	}
	for n := 1; n <= 20; n++ {
		if !slices.Contains(numbers, n) {
			t.Errorf("goal %d is missing", n)
		}
	}
}
