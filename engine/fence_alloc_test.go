//go:build !race

package engine_test

import (
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
)

// TestFenceAllocatesNothing sends an order for each other message while the fence is extended.
func TestFenceAllocatesNothing(t *testing.T) {
	measured := 0
	for _, tr := range traffics {
		if tr.name != "an order for each quote" {
			continue
		}
		measured++
		tr.fence = engine.NewFence()
		extend := func(*allocBot, int) { tr.fence.Extend(time.Now().Add(time.Hour)) }
		extend(nil, 0)
		tr.act = extend
		if perMessage := measure(t, newNetwork(t, "tcp", false, loopback(t)), tr); perMessage != 0 {
			t.Errorf("%.3f allocations a message, want 0", perMessage)
		}
	}
	if measured != 1 {
		t.Errorf("%d traffics measured", measured)
	}
}
