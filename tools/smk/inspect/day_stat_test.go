package inspect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smk-go/smk/prove"
)

// TestStatOfDays records days full of faults, and holds what is counted to what engines counted.
func TestStatOfDays(t *testing.T) {
	compared := 0
	seeds := []uint64{1} // clocks are set back between processes
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		prove.Observe(prove.New(seed), t.TempDir(), func(o *prove.Observed) {
			if o.End {
				s, err := Stats(t.Context(), o.Dir)
				if err != nil {
					t.Fatal(err)
				}
				if s.Seconds <= 0 || s.MessagesPerSecond == 0 {
					t.Errorf("seed %d, %s: %f s from %s to %s, %f messages a second", seed, o.Dir[len(o.Dir)-4:],
						s.Seconds, s.First, s.Last, s.MessagesPerSecond)
				}
				return
			}
			if !o.Rest || o.Engine == nil {
				return
			}
			compared++
			if text := onDisk(func() string { return compareStat(t, o) }); text != "" {
				t.Errorf("seed %d, %s: %s", seed, o.Dir[len(o.Dir)-4:], text)
			}
		})
	}
	if t.Logf("%d bots", compared); compared == 0 {
		t.Error("nothing was compared")
	}
}

// later is how many messages there are at most that an engine at rest has not counted yet: its counts are a tenth of a
// second old.
const later = 3

// compareStat returns what is counted otherwise than the engine of the only run does.
func compareStat(t *testing.T, o *prove.Observed) string {
	t.Helper()
	s, err := Stats(t.Context(), o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Runs != 1 {
		return ""
	}
	var in, out uint64
	for _, c := range s.Types {
		if strings.HasPrefix(c.Name, "<") {
			in += c.Count
		} else {
			out += c.Count
		}
	}
	is := o.Engine.Stats()
	n := is.Session
	queued := n.MessagesOut + n.MessagesAgain + n.GapfillsOut
	if in < n.MessagesIn || in > n.MessagesIn+later || out < queued || out > queued+later {
		return fmt.Sprintf("%d in, %d out, the engine has %+v", in, out, n)
	}
	if uint64(s.Connections) != is.Connected {
		return fmt.Sprintf("%d connections, the engine has %d", s.Connections, is.Connected)
	}
	return ""
}
