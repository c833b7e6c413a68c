package fault_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/script"
)

// world is an exchange in virtual time with a bot.
type world struct {
	t   testing.TB
	sim *sim.Sim
	*script.Bot
	bots []*script.Bot
	ref  uint64
}

func newWorld(t testing.TB, config sim.Config) *world {
	t.Helper()
	s, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, sim: s, Bot: script.NewBot(s, sim.DemoUsername, sim.DemoPassword)}
	w.bots = []*script.Bot{w.Bot}
	return w
}

// quiet returns an exchange without other participants and without a throttle.
func quiet() sim.Config {
	c := sim.DefaultConfig()
	c.Agents, c.Throttle.Off = sim.Agents{}, true
	return c
}

// login logs in and checks the answer.
func (w *world) login() *fault.Conn {
	w.t.Helper()
	w.Login(0)
	w.Poll()
	if w.Count("eto.login_response") == 0 {
		w.t.Fatal("no answer to the login")
	}
	return w.Conn()
}

// wait advances the clock by d, tick by tick.
func (w *world) wait(d time.Duration) {
	end := w.sim.Now() + int64(d)
	for {
		next := w.sim.Tick(w.sim.Now())
		for _, b := range w.bots {
			b.Poll()
		}
		if w.sim.Now() >= end {
			return
		}
		w.sim.Tick(min(max(min(next, w.sim.Faults.Due()), w.sim.Now()+1), end))
	}
}

func (w *world) create(b *script.Bot, side msg.Side, price uint32) {
	w.ref++
	var o msg.OrderCreate
	o.SetMarketId(sim.DemoMarket)
	o.SetContractId(sim.DemoHome)
	o.SetSide(side)
	o.SetPrice(price)
	o.SetQuantity(10_000)
	o.SetReference(w.ref)
	b.Create(&o)
}

// counts checks the bot's counts, such as "order_accepted=2 asked=0".
func (w *world) counts(want string) {
	w.t.Helper()
	for _, part := range strings.Fields(want) {
		name, _, _ := strings.Cut(part, "=")
		if got := fmt.Sprintf("%s=%d", name, w.Count(name)); got != part {
			w.t.Errorf("got %s, want %s", got, part)
		}
	}
}

// Each fault is seen by a client, and the exchange and the client agree in the end.
func TestEachFaultIsSeen(t *testing.T) {
	for _, c := range []struct {
		kind  fault.Kind
		want  string        // after three creates with the fault at the first occasion
		after time.Duration // then wait
		more  string        // then these
	}{
		{kind: fault.Drop, want: "order_accepted=3 asked=1"},
		{kind: fault.Duplicate, want: "order_accepted=3 discarded=1 asked=0"},
		{kind: fault.Delay, want: "order_accepted=3 asked=1", after: time.Second, more: "discarded=2"},
		{kind: fault.Reorder, want: "order_accepted=3 asked=1", after: time.Second},
		{kind: fault.Split, want: "order_accepted=3 asked=0"},
		{kind: fault.Coalesce, want: "order_accepted=0", after: time.Second, more: "order_accepted=3 asked=0"},
		{kind: fault.Drip, want: "order_accepted=0", after: time.Second, more: "order_accepted=3 asked=0"},
		{kind: fault.Cut, want: "order_accepted=0 closed=1"},
		{kind: fault.Stall, want: "order_accepted=0", after: 3 * time.Second, more: "order_accepted=3 asked=0"},
		{
			kind: fault.HalfOpen, want: "order_accepted=0 closed=0", after: time.Minute,
			more: "order_accepted=0 closed=0",
		},
		{kind: fault.DropIn, want: "order_accepted=3 served=1"},
		{kind: fault.DuplicateIn, want: "order_accepted=3 served=0"},
		{kind: fault.DelayIn, want: "order_accepted=3 served=1", after: time.Second},
		{kind: fault.ReorderIn, want: "order_accepted=3 served=1", after: time.Second},
		{kind: fault.DropBefore, want: "order_accepted=2 asked=0", after: time.Second, more: "order_accepted=2"},
		{kind: fault.DuplicateBefore, want: "order_accepted=3 duplicate=1 asked=0"},
		{kind: fault.DelayBefore, want: "order_accepted=2 asked=0", after: time.Second, more: "order_accepted=3"},
		{kind: fault.ReorderBefore, want: "order_accepted=3 asked=0"},
		{kind: fault.Swap, want: "order_accepted=3 asked=0"},
		{kind: fault.Unconfirmed, want: "order_accepted=2 asked=0", after: time.Second, more: "order_accepted=2"},
		{kind: fault.Skip, want: "order_accepted=3 asked=1 eto.gapfill=1"},
		{kind: fault.Unheard, want: "order_accepted=2", after: time.Second, more: "order_accepted=2"},
		{kind: fault.Throttled, want: "order_accepted=2 eto.throttle_exceeded=1"},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			w := newWorld(t, quiet())
			conn := w.login()
			conn.Force(c.kind, 1)
			for range 3 {
				w.create(w.Bot, msg.SideBuy, 3000)
				w.Poll()
			}
			w.counts(c.want)
			w.wait(c.after)
			w.counts(c.more)
			if conn.Counts()[c.kind] != 1 || w.sim.Faults.Total()[c.kind] != 1 {
				t.Errorf("counted %d, %d times", conn.Counts()[c.kind], w.sim.Faults.Total()[c.kind])
			}
			w.reconcile()
		})
	}
}

// reconcile removes the faults, recovers what is missing and compares client and exchange.
func (w *world) reconcile() {
	w.t.Helper()
	w.sim.Faults.Set(fault.Plan{})
	w.wait(time.Second)
	for _, b := range w.bots {
		for try := 0; ; try++ {
			b.Login(b.NextAccountSequence())
			b.Poll()
			truth, _ := w.sim.Exchange.Truth(b.Username)
			if b.NextAccountSequence() == truth.AccountSequence+1 {
				break
			}
			if try > 0 {
				w.t.Fatalf("%s lacks report %d of %d", b.Username, b.NextAccountSequence(), truth.AccountSequence)
			}
		}
		if d := b.Compare(); d != "" {
			w.t.Error(d)
		}
	}
	if d := w.sim.Exchange.Audit(); d != "" {
		w.t.Error(d)
	}
}

func TestRefuse(t *testing.T) {
	w := newWorld(t, quiet())
	w.sim.Faults.RefuseNext(2)
	for range 3 {
		w.Login(0)
		w.Poll()
	}
	w.counts("refused=2 eto.login_response=1")
}

// A flipped bit is noticed, or changes what is read; the exchange is not affected.
func TestCorrupt(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(40) {
		config := quiet()
		config.Seed = seed
		w := newWorld(t, config)
		c := w.login()
		c.Force(fault.Corrupt, 1)
		w.create(w.Bot, msg.SideBuy, 3000)
		w.Poll()
		w.create(w.Bot, msg.SideBuy, 3000)
		w.Poll()
		seen[fmt.Sprint(w.Err() != nil, w.Count("order_accepted"))] = true
		if truth, _ := w.sim.Exchange.Truth(sim.DemoUsername); truth.Live < 1 {
			t.Error("the order is not there")
		}
		b := script.NewBot(w.sim, sim.DemoUsername, sim.DemoPassword) // which has read no flipped bit
		w.Bot, w.bots = b, []*script.Bot{b}
		w.reconcile()
	}
	if len(seen) < 3 {
		t.Errorf("wrong bits did no more than %v", seen)
	}
}

// The same for a client's messages: the exchange carries out what it reads, or ends the connection.
func TestCorruptIn(t *testing.T) {
	ended := 0
	for seed := range uint64(40) {
		config := quiet()
		config.Seed = seed
		w := newWorld(t, config)
		c := w.login()
		c.Force(fault.CorruptIn, 1)
		w.create(w.Bot, msg.SideBuy, 3000)
		w.Poll()
		ended += w.Count("closed")
		w.reconcile()
	}
	if ended == 0 {
		t.Error("no wrong bit ended a connection")
	}
}

// Swap swaps two answers, not what follows them.
func TestSwapKeepsOrderOfTheRest(t *testing.T) {
	w := newWorld(t, quiet())
	c := w.login()
	c.Force(fault.Swap, 1)
	if _, r := w.sim.Exchange.Submit("rival", sell(10_000, 3000)); !r.OK() {
		t.Fatal(r)
	}
	var received []msg.PayloadType
	w.OnMessage = func(m *msg.Payload) { received = append(received, m.GetType()) }
	w.create(w.Bot, msg.SideBuy, 3000) // accepted and executed: nothing to swap with
	w.Poll()
	if fmt.Sprint(received) != "[PAYLOAD_ORDER_ACCEPTED PAYLOAD_ORDER_EXECUTED]" {
		t.Errorf("received %v", received)
	}
	w.counts("order_accepted=1 order_executed=1")
	c.Force(fault.Swap, 1)
	w.create(w.Bot, msg.SideBuy, 3000)
	w.Poll()
	w.counts("order_accepted=1") // held back
	w.wait(time.Second)
	w.counts("order_accepted=2") // not for ever
	c.Force(fault.Swap, 1)
	for range 3 {
		w.create(w.Bot, msg.SideBuy, 3000)
	}
	w.Poll()
	if got := fmt.Sprint(w.Answers()); got != "[1 2 4 3 5]" {
		t.Errorf("answered %s", got)
	}
	w.reconcile()
}

// A half-open connection stays open for a while; the exchange detects it by itself, and cancels if it was
// asked to.
func TestHalfOpen(t *testing.T) {
	w := newWorld(t, quiet())
	c := w.login()
	w.SetCancelAllOnFailure(true)
	w.create(w.Bot, msg.SideBuy, 3000)
	w.Poll()
	c.Force(fault.HalfOpen, 1)
	w.Ping()
	w.Poll()
	w.wait(time.Minute)
	if truth, _ := w.sim.Exchange.Truth(sim.DemoUsername); truth.Live != 0 {
		t.Error("not cancelled")
	}
	if w.Count("closed") != 0 || c.Closing() {
		t.Error("closed too early")
	}
	w.wait(2 * time.Minute)
	w.counts("closed=1 eto.pong=0")
	w.reconcile()
}

// While a connection stalls, nothing is read either.
func TestStall(t *testing.T) {
	w := newWorld(t, quiet())
	c := w.login()
	c.Force(fault.Stall, 1)
	w.Ping()
	w.Poll()
	w.counts("eto.pong=0")
	if b := c.Free(); b == nil || len(b) > 0 {
		t.Errorf("a stalled line reads into %d bytes", len(b))
	}
	w.create(w.Bot, msg.SideBuy, 3000)
	if truth, _ := w.sim.Exchange.Truth(sim.DemoUsername); truth.Live != 0 {
		t.Error("carried out")
	}
	w.wait(3 * time.Second)
	w.counts("eto.pong=1 order_accepted=1")
}

// A message held back before it has a sequence is not lost with the connection: a resumed session has it.
func TestHeldBackIsResumed(t *testing.T) {
	w := newWorld(t, quiet())
	c := w.login()
	c.Force(fault.DelayBefore, 1)
	w.create(w.Bot, msg.SideBuy, 3000)
	w.Poll()
	w.Disconnect()
	w.counts("order_accepted=0")
	w.Resume()
	w.Poll()
	w.counts("order_accepted=1")
	w.reconcile()
}

// A plan may change at any moment, also in the middle of a frame.
func TestSwitchingWithinAFrame(t *testing.T) {
	w := newWorld(t, quiet())
	c := w.login()
	for i := range 20 {
		w.Ping()
		if b := c.Pending(); len(b) > 0 { // a part, read by hand
			n := min(1+i%5, len(b))
			w.Receive(b[:n])
			c.Written(n)
		}
		if i%2 == 0 {
			c.Set(fault.Plan{}.With(fault.Million, fault.Split))
		} else {
			c.Set(fault.Plan{})
		}
		w.Poll()
	}
	w.counts("eto.pong=20 asked=0 failed=0")
}

// TestChanged: what falls due on a line is new to its driver, without a word of the exchange.
func TestChanged(t *testing.T) {
	config := quiet()
	config.HeartbeatInterval = time.Hour
	w := newWorld(t, config)
	c := w.login()
	c.Force(fault.Delay, 1)
	w.create(w.Bot, msg.SideBuy, 3000)
	w.Poll()
	c.Changed()
	if c.Held() == 0 || c.Changed() {
		t.Fatalf("%d are held back, changed after it was asked", c.Held())
	}
	w.sim.Tick(w.sim.Faults.Due())
	if !c.Changed() {
		t.Error("nothing has changed when what was held back is due")
	}
	if c.Changed() {
		t.Error("changed twice")
	}
}
