package fault_test

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// At most 64 messages are held back in each list; others pass.
func TestHeldBackIsBounded(t *testing.T) {
	for _, kind := range []fault.Kind{
		fault.Delay, fault.Reorder, fault.DelayIn, fault.ReorderIn, fault.DelayBefore, fault.ReorderBefore,
	} {
		w := newWorld(t, quiet())
		c := w.login()
		c.Set(fault.Plan{DelayMax: time.Hour}.With(fault.Million, kind))
		most := 0
		for range 4 * fault.HeldMax {
			w.create(w.Bot, msg.SideBuy, 3000)
			w.Poll()
			most = max(most, max3(c.HeldMessages()))
		}
		if most > fault.HeldMax || most == 0 {
			t.Errorf("%v: %d messages are held back", kind, most)
		}
	}
}

func max3(a, b, c int) int { return max(a, b, c) }

// Messages held back when the exchange logs the client out still arrive, before the last message.
func TestHeldBackComesBeforeTheEnd(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Delay, fault.Reorder} {
		w := newWorld(t, quiet())
		c := w.login()
		c.Force(kind, 1)
		w.create(w.Bot, msg.SideBuy, 3000)
		w.Poll()
		w.counts("order_accepted=0")
		w.Logout()
		w.Poll()
		w.counts("order_accepted=1 logout.CONFIRMATION=1")
	}
}

// A client's message that is reordered arrives.
func TestReorderedRequestIsCarriedOut(t *testing.T) {
	w := newWorld(t, quiet())
	c := w.login()
	w.NoReplays = true // it is not resent
	c.Force(fault.ReorderIn, 1)
	w.create(w.Bot, msg.SideBuy, 3000)
	w.create(w.Bot, msg.SideBuy, 3000)
	w.Poll()
	// The second one came too early and has to be requested.
	if truth, _ := w.sim.Exchange.Truth(sim.DemoUsername); truth.Live != 1 {
		t.Errorf("%d orders are carried out", truth.Live)
	}
}

// Nothing follows half a message after which the connection is cut, also if no more faults are wanted meanwhile.
func TestNothingFollowsTheCut(t *testing.T) {
	w := newWorld(t, quiet())
	c := w.login()
	c.Force(fault.Cut, 1)
	for range 3 {
		w.create(w.Bot, msg.SideBuy, 3000)
	}
	half := len(c.Pending())
	c.Set(fault.Plan{})
	c.Written(half)
	if rest := c.Pending(); half == 0 || len(rest) != 0 || !c.Closing() {
		t.Errorf("%d bytes follow %d, closing %t", len(rest), half, c.Closing())
	}
}
