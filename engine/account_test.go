package engine_test

import (
	"context"
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

// TestAccountFaults trades while account messages are lost, doubled, late or out of order before they
// have a sequence, so that no gap of the session shows it. After a login the bot knows all orders and
// fills as the exchange does, or got an event that says it does not.
func TestAccountFaults(t *testing.T) {
	for _, kind := range []fault.Kind{
		fault.DropBefore, fault.DuplicateBefore, fault.DelayBefore, fault.ReorderBefore, fault.Swap,
		fault.Unconfirmed, fault.Skip, fault.Unheard,
	} {
		for _, chance := range []uint32{fault.Million / 50, fault.Million / 5} {
			for seed := range uint64(max(1, 4*seeds/seedsAll)) {
				t.Run(fmt.Sprintf("%v %d seed %d", kind, chance, seed), func(t *testing.T) {
					plan := fault.Plan{DelayMax: 300 * time.Millisecond}.With(chance, kind)
					synctest.Test(t, func(t *testing.T) { checkAccount(t, plan, seed, seed%2 == 1) })
				})
			}
		}
	}
}

// ledger is what a bot knows of an account.
type ledger struct {
	answered map[uint64]int    // by reference
	executed map[uint64]uint64 // by order
	closed   map[uint64]bool   // by order
	asked    map[uint64]string // by reference, what is reported of sends without an answer
	lost     uint64            // account messages given up
	reset    int
	complete bool
}

func (l *ledger) watch(e *engine.Engine) {
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) { l.answered[m.GetReference()]++ })
	e.OnOrderRejected(func(_ *engine.Event, m *msg.OrderRejected) { l.answered[m.GetReference()]++ })
	e.OnOrderExecuted(func(_ *engine.Event, m *msg.OrderExecuted) { l.executed[m.GetOrderId()] += m.GetQuantity() })
	e.OnOrderExecuteVoided(func(_ *engine.Event, m *msg.OrderExecutedVoid) {
		l.executed[m.GetOrderId()] -= m.GetQuantity()
	})
	e.OnOrderCancelled(func(_ *engine.Event, m *msg.OrderCancelled) { l.closed[m.GetOrderId()] = true })
	e.OnSendResolved(func(ev *engine.Event) { l.asked[ev.Reference] = ev.Fate.String() })
	e.OnSendUnresolved(func(ev *engine.Event) { l.asked[ev.Reference] = "unresolved" })
	e.OnAccountLost(func(ev *engine.Event) { l.lost += ev.To - ev.From + 1 })
	e.OnAccountReset(func(*engine.Event) { l.reset++ })
	e.OnCaughtUp(func(ev *engine.Event) { l.complete = ev.Complete })
}

func newLedger() *ledger {
	return &ledger{
		answered: make(map[uint64]int), executed: make(map[uint64]uint64), closed: make(map[uint64]bool),
		asked: make(map[uint64]string),
	}
}

func checkAccount(t *testing.T, plan fault.Plan, seed uint64, reconnects bool) {
	const orders = 300
	settings := sim.DefaultConfig()
	settings.Seed = seed
	settings.Faults = plan
	server, err := sim.Local(settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	l, logins := newLedger(), 0
	r := startInBubble(t, engine.Config{
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true,
			ReconnectOnAccountGap: reconnects,
		},
		Address: "exchange.test:3801", DisableTLS: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
	}, func(e *engine.Engine) {
		l.watch(e)
		e.OnLoggedIn(func(*engine.Event) { logins++ })
	})
	sent := 0
	for reference := uint64(1); reference <= orders; reference++ {
		advance(20 * time.Millisecond)
		order := backHome()
		order.SetReference(reference)
		order.SetQuantity(10000)
		order.SetPrice(4000 + uint32(reference%10)*200)
		var s engine.Submission
		if err := r.Submitter().SendOrderCreate(order, &s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wait(t.Context()); err == nil {
			sent++
		}
	}
	// The line heals, breaks once more, and the next login finds what is missing.
	advance(time.Minute)
	if server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}.With(fault.Million, fault.Cut)) }); reconnects {
		advance(time.Second)
	}
	advance(30 * time.Second)
	server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}); s.SetAgentRate(0) })
	advance(2 * time.Minute)
	r.Stop()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
	truth := server.Orders(sim.DemoUsername)
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	missing, fills := 0, 0
	for _, o := range truth {
		if l.answered[o.Reference] != 1 {
			missing++
			if l.asked[o.Reference] == "" || l.answered[o.Reference] > 1 {
				t.Errorf("order %d: answered %d times, and got %q", o.Reference, l.answered[o.Reference],
					l.asked[o.Reference])
			}
		}
		if l.executed[o.ID] != o.Executed {
			fills++
		}
		if l.executed[o.ID] > o.Executed {
			t.Errorf("order %d: executed %d, the bot received %d", o.Reference, o.Executed, l.executed[o.ID])
		}
	}
	// What the first login after a loss does not find is given up, and said to be: with faults in
	// what it repeats too there is something.
	if uint64(missing+fills) > l.lost {
		t.Errorf("%d answers and %d fills missing: complete %t, %d messages lost", missing, fills, l.complete, l.lost)
	}
	if len(truth) < sent/2 || logins < 2 || l.reset > 0 {
		t.Errorf("%d of %d orders, %d logins, %d resets", len(truth), sent, logins, l.reset)
	}
	if missing+fills > 0 {
		t.Logf("%d orders, %d answers and %d fills missing, %d messages lost", len(truth), missing, fills, l.lost)
	}
}

// TestAccountNumbersRestart trades on while the exchange begins to number account messages anew, with
// and without cutting everybody off, and while numbers leap: every answer and fill is still seen,
// nothing is seen twice, and the change is reported.
func TestAccountNumbersRestart(t *testing.T) {
	for name, change := range map[string]func(*sim.Sim){
		"restart": func(s *sim.Sim) { s.Restart() },
		"numbers": func(s *sim.Sim) { s.Exchange.RestartSequences() },
		"leap":    func(s *sim.Sim) { s.Exchange.SkipSequences(sim.DemoUsername, 1<<40) },
		"small":   func(s *sim.Sim) { s.Exchange.SkipSequences(sim.DemoUsername, 1000) },
		"nothing": func(*sim.Sim) {},
	} {
		for _, before := range []int{0, 1, 100} {
			t.Run(fmt.Sprintf("%s after %d", name, before), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { checkRestart(t, change, before, name) })
			})
		}
	}
}

func checkRestart(t *testing.T, change func(*sim.Sim), before int, name string) {
	settings := sim.DefaultConfig()
	settings.Agents = sim.Agents{}
	server, err := sim.Local(settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	l := newLedger()
	logins := 0
	r := startInBubble(t, engine.Config{
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
		Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
	}, func(e *engine.Engine) {
		l.watch(e)
		e.OnLoggedIn(func(*engine.Event) { logins++ })
	})
	reference := uint64(0)
	place := func(n int) {
		for range n {
			advance(20 * time.Millisecond)
			order := backHome()
			order.SetQuantity(10000)
			reference++
			order.SetReference(reference)
			var s engine.Submission
			if err := r.Submitter().SendOrderCreate(order, &s); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	advance(time.Second)
	place(before)
	advance(time.Second)
	server.Do(change)
	advance(5 * time.Second)
	place(300)
	advance(time.Minute)
	r.Stop()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	for i := uint64(1); i <= reference; i++ {
		if l.answered[i] != 1 || l.asked[i] != "" {
			t.Errorf("order %d: answered %d times, and got %q", i, l.answered[i], l.asked[i])
		}
	}
	if reported := l.reset > 0; reported != (before > 1 && (name == "restart" || name == "numbers" ||
		name == "leap")) &&
		before != 1 {
		t.Errorf("%d resets reported, %d logins", l.reset, logins)
	}
}
