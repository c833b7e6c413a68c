package engine

import "testing"

// TestUnresolvedReplaces: the oldest makes room, and is returned, so that what stands for it elsewhere can go, too.
func TestUnresolvedReplaces(t *testing.T) {
	u := newUnresolvedReplaces(3)
	var dropped []uint64
	for n := uint64(1); n <= 7; n++ {
		dropped = append(dropped, u.add(n%2, 10+n))
	}
	left := make(map[uint64]bool)
	for order := range uint64(2) {
		for r := u.take(order); r != 0; r = u.take(order) {
			left[r] = true
		}
	}
	for n := uint64(1); n <= 7; n++ {
		gone := false
		for _, d := range dropped {
			gone = gone || d == 10+n
		}
		if gone == left[10+n] {
			t.Errorf("%d: dropped %v, left %v; dropped %v", 10+n, gone, left[10+n], dropped)
		}
	}
	if len(left) != 3 {
		t.Errorf("left %v", left)
	}
}
