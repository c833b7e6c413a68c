package instrcount

import (
	"testing"
	"time"
)

var sum int // of a loop, so that it adds up

// loop is a path of n additions.
func loop(name string, n ...int) Path {
	return Path{Name: name, Calls: len(n), New: func(testing.TB) func(int) {
		return func(i int) {
			x := 0
			for range n[i%len(n)] {
				x += i
			}
			sum = x
		}
	}}
}

// clockReader is a path that takes longer if the clock moves.
var clockReader = Path{Name: "clock", Calls: 1, New: func(testing.TB) func(int) {
	last := time.Now()
	return func(i int) {
		n := 100
		if time.Since(last) > 0 {
			n = 10_000
		}
		last = time.Now()
		for range n {
			sum += i
		}
	}
}}

// TestCount expects the same code to take the same instructions each time, and more code more, in proportion: nothing
// of the runtime is among them however long a call takes.
func TestCount(t *testing.T) {
	paths := []Path{loop("ten", 10), loop("hundred", 100), loop("long", 3000), loop("both", 10, 100), clockReader}
	first, second := Count(t, paths), Count(t, paths)
	if first == nil {
		t.Log("instructions cannot be counted here")
		return
	}
	for i, p := range paths {
		if first[i] != second[i] {
			t.Errorf("%s: %d instructions, then %d", p.Name, first[i], second[i])
		}
	}
	ten, hundred, long, both, clock := first[0], first[1], first[2], first[3], first[4]
	each := (hundred - ten) / 90
	if each < 1 || each > 10 || hundred-ten != each*90 || long-ten != each*2990 {
		t.Errorf("10, 100 and 3000 additions take %d, %d and %d instructions", ten, hundred, long)
	}
	if both < ten+hundred || both > ten+hundred+100 { // and a division each, for i%Calls
		t.Errorf("a round of both takes %d instructions, want those of each, %d and %d", both, ten, hundred)
	}
	if clock > 1000 {
		t.Errorf("the clock moves: %d instructions", clock)
	}
}
