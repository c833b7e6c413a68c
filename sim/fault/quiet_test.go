package fault_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// passes reports whether a kind changes only when or in which pieces messages arrive.
func passes(k fault.Kind) bool {
	switch k {
	case fault.Duplicate, fault.Delay, fault.Reorder, fault.Split, fault.Coalesce, fault.Drip, fault.Stall,
		fault.DuplicateIn, fault.DelayIn, fault.ReorderIn,
		fault.DuplicateBefore, fault.DelayBefore, fault.ReorderBefore, fault.Swap:
		return true
	}
	return false
}

// On a quiet connection, on which nothing more is sent, held messages are released by themselves, and soon:
// for each fault and each pair of faults, at every occasion and at some. The clock goes from one due time to
// the next.
func TestQuietConnDeliversEverything(t *testing.T) {
	for first := range fault.Kinds {
		for second := first; second < fault.Kinds; second++ {
			if first == fault.Refuse || second == fault.Refuse {
				continue
			}
			for _, chance := range []uint32{fault.Million, fault.Million / 3} {
				t.Run(fmt.Sprintf("%v and %v at %d", first, second, chance), func(t *testing.T) {
					quietConn(t, fault.Plan{}.With(chance, first, second), passes(first) && passes(second))
				})
			}
		}
	}
}

func quietConn(t *testing.T, plan fault.Plan, whole bool) {
	config := quiet()
	config.HeartbeatInterval = time.Hour
	config.Seed = uint64(len(plan.String()))
	w := newWorld(t, config)
	c := w.login()
	w.NoReplayRequests, w.NoReplays = true, true // so that nothing else helps
	c.Set(plan)
	const orders = 5
	for range orders {
		w.create(w.Bot, msg.SideBuy, 3000)
		w.Poll()
	}
	start := w.sim.Now()
	for steps := 0; ; steps++ {
		for due := w.sim.Faults.Due(); due <= w.sim.Now(); due = w.sim.Faults.Due() {
			w.sim.Tick(w.sim.Now())
			w.Poll()
			if steps++; steps > 10_000 {
				t.Fatal("the line asks for ever to be called at once")
			}
		}
		w.Poll()
		if c.Held() == 0 || !w.Connected() {
			break
		}
		due := w.sim.Faults.Due()
		if due == math.MaxInt64 {
			t.Fatalf("%d are held back and nothing is due", c.Held())
		}
		if c.HalfOpen() {
			break // it is closed in the end, which is tested elsewhere
		}
		if due > start+int64(15*time.Second) {
			t.Fatalf("%d are held back until %v after the last message", c.Held(), time.Duration(due-start))
		}
		w.sim.Tick(due)
		w.Poll()
	}
	if !whole {
		return
	}
	// Every message was received: in sequence, early, or again.
	truth, _ := w.sim.Exchange.Truth(sim.DemoUsername)
	if got := w.Count("order_accepted") + w.Count("duplicate") + w.Count("discarded"); got < truth.Live {
		t.Errorf("%d orders are live, %d answers were received", truth.Live, got)
	}
	if w.Err() != nil || !w.Connected() {
		t.Errorf("the connection is gone: %v", w.Err())
	}
}
