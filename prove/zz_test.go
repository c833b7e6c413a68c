package prove

import "testing"

func TestZZ(t *testing.T) {
	failed, n, rounds := 0, 0, uint64(0)
	for seed := *from; seed < *from+*seeds; seed++ {
		s := New(seed)
		s.Journal = true
		r := Run(s)
		n++
		rounds += r.Replayed
		if r.Failure != nil {
			t.Errorf("seed %d: %v", seed, r.Failure)
			if failed++; failed > 5 {
				break
			}
		}
	}
	t.Log(n, rounds)
}
