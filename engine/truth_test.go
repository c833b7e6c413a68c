package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// story is what the bot was told of one order.
type story struct {
	refused  error // by the send
	fate     session.Fate
	accepted int
	rejected int
	lost     bool // its fate was told before the account's sequence was known: there is nothing to resume from
}

// TestTruth places orders over connections that lose, double, delay and reorder
// messages in both directions, stall and break, and then asks the exchange: what
// the bot was told is true. Every order there was accepted, once and before the
// bot; none is there twice; none that was refused, rejected or told as not sent or
// not delivered is there.
func TestTruth(t *testing.T) {
	for _, resume := range []session.ResumeMode{session.ResumeAccount, session.ResumeSession} {
		for seed := range uint64(30) {
			t.Run(fmt.Sprintf("resume %d seed %d", resume, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { checkTruth(t, resume, seed) })
			})
		}
	}
}

func checkTruth(t *testing.T, resume session.ResumeMode, seed uint64) {
	const orders = 200
	settings := sim.DefaultConfig()
	settings.Seed, settings.Agents = seed, sim.Agents{}
	// What a stream cannot do to the exchange is left out: deliver a message of ours
	// behind a later one. An order that we withhold from a replay could then still
	// arrive.
	settings.Faults = fault.Plan{}.With(fault.Million/50, fault.Drop, fault.Duplicate, fault.Delay, fault.Reorder,
		fault.Split, fault.Coalesce, fault.Drip, fault.Cut, fault.Stall,
		fault.DropIn, fault.DuplicateIn).With(fault.Million/5, fault.Refuse)
	server, err := sim.Local(settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()

	told := make([]story, orders+1)
	epochs := uint32(0)
	r := startInBubble(t, engine.Config{
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, Resume: resume},
		Address: "exchange.test:3801", DisableTLS: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
	}, func(e *engine.Engine) {
		e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) { told[m.GetReference()].accepted++ })
		e.OnOrderRejected(func(_ *engine.Event, m *msg.OrderRejected) { told[m.GetReference()].rejected++ })
		e.OnOrderInvalid(func(_ *engine.Event, m *msg.OrderInvalid) { told[m.GetReference()].rejected++ })
		e.OnSendResolved(func(ev *engine.Event) {
			if ev.Type == msg.PayloadOrderCreate {
				if told[ev.Reference].fate != 0 {
					t.Errorf("fate of %d told twice", ev.Reference)
				}
				told[ev.Reference].fate, told[ev.Reference].lost = ev.Fate, e.AccountSequence() == 0
			}
		})
		e.OnLoggedIn(func(ev *engine.Event) { epochs = ev.Epoch })
	})
	for reference := 1; reference <= orders; reference++ {
		advance(20 * time.Millisecond)
		order := backHome()
		order.SetReference(uint64(reference))
		order.SetQuantity(10000)
		var s engine.Submission
		if err := r.Submitter().SendOrderCreate(order, &s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wait(t.Context()); err != nil {
			if told[reference].refused = err; !session.SafeToResend(err) {
				t.Errorf("order %d: %v, which is not safe to resend", reference, err)
			}
		}
	}
	// The lines heal, and what is open settles.
	server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}) })
	advance(5 * time.Minute)
	r.Stop()
	if err := r.wait(); err != nil && !errors.Is(err, engine.ErrNotConfirmed) {
		t.Errorf("Run: %v", err)
	}

	placed := make([]int, orders+1)
	for _, order := range server.Orders(sim.DemoUsername) {
		placed[order.Reference]++
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	counts := make(map[string]int)
	for reference := 1; reference <= orders; reference++ {
		s := told[reference]
		what := fmt.Sprintf("order %d: refused with %v, fate %v, accepted %d, rejected %d, placed %d",
			reference, s.refused, s.fate, s.accepted, s.rejected, placed[reference])
		switch {
		case placed[reference] > 1, s.accepted > 1, s.rejected > 1:
			t.Error("twice:", what)
		case s.lost && s.fate == session.InDoubt && s.accepted <= placed[reference]:
		case s.accepted != placed[reference]:
			t.Error("told otherwise:", what)
		case placed[reference] == 1 && (s.refused != nil || s.rejected > 0 || s.fate == session.NotSent ||
			s.fate == session.NotDelivered):
			t.Error("placed, though told otherwise:", what)
		case s.refused == nil && s.fate == 0 && s.accepted+s.rejected == 0:
			t.Error("told nothing:", what)
		}
		switch {
		case s.refused != nil:
			counts["refused"]++
		case s.fate != 0:
			counts[s.fate.String()]++
		case s.accepted > 0:
			counts["accepted"]++
		}
	}
	t.Logf("%v over %d connections", counts, epochs)
}
