package fault_test

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// A client and an exchange whose connection loses or delays so much that they only replay to each other end:
// the gap is not closed within a minute. A resume then reconciles them.
func TestReplayingForEverEnds(t *testing.T) {
	for _, text := range []string{
		"delay=5%,delay-in=5%,delay-max=1s",
		"reorder=20%,reorder-in=20%",
		"skip=5%,drop-in=5%",
		"drop=50%,drop-in=50%",
	} {
		t.Run(text, func(t *testing.T) {
			plan, err := fault.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			config := quiet()
			config.Seed = 5
			w := newWorld(t, config)
			w.login()
			w.sim.Faults.Set(plan)
			start := w.sim.Now()
			for w.Connected() {
				w.create(w.Bot, msg.SideBuy, 3000)
				w.wait(20 * time.Millisecond)
				if d := time.Duration(w.sim.Now() - start); d > 75*time.Second {
					truth, _ := w.sim.Exchange.Truth(sim.DemoUsername)
					t.Fatalf("after %v %d orders of %d are carried out, and it goes on", d, truth.Live, w.ref)
				}
			}
			w.reconcile()
		})
	}
}
