package prove

import (
	"os"
	"strconv"
	"testing"
)

func TestShrinkOne(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		return
	}
	s, r := Shrink(New(seed), 3000)
	t.Logf("%v", r.Failure)
	t.Logf(
		"bots %v agents %d lat %v jit %v partial %v hist %d dur %v",
		s.Bots,
		s.Agents,
		s.Latency,
		s.Jitter,
		s.Partial,
		s.History,
		s.Duration,
	)
	for k, c := range s.Faults.Chance {
		if c != 0 {
			t.Logf("fault %v %d", k, c)
		}
	}
	for _, st := range s.Steps {
		t.Log(st)
	}
	f, _ := os.Create("/tmp/trace." + os.Getenv("SEED"))
	Trace(s, f)
	f.Close()
}
