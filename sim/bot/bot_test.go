package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/core"
	"github.com/smk-go/smk/sim/fault"
)

func newBot(t *testing.T) (*sim.Sim, *Bot) {
	t.Helper()
	config := sim.DefaultConfig()
	config.Life = sim.Life{}
	s, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b := New(s, sim.DemoUsername, sim.DemoPassword)
	b.Login(0)
	b.Round()
	return s, b
}

func order(quantity uint64, price uint32) *msg.OrderCreate {
	o := new(msg.OrderCreate)
	o.SetMarketId(sim.DemoMarket)
	o.SetContractId(sim.DemoHome)
	o.SetSide(msg.SideBuy)
	o.SetQuantity(quantity)
	o.SetPrice(price)
	return o
}

// A bot knows its orders as the exchange does, and says how they differ when it lacks a
// report.
func TestCompare(t *testing.T) {
	s, b := newBot(t)
	b.Create(order(10_000, 3000))
	b.Create(order(10_000, 2000))
	b.Round()
	s.Exchange.Submit("rival", core.Create{Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideSell, Quantity: 4_000, Price: 3000})
	b.Cancel(b.IDs()[1])
	b.Round()
	if d := b.Compare(); d != "" {
		t.Error(d)
	}
	if got := b.Orders(); len(got) != 2 || got[0].Executed != 4_000 || got[0].Available != 6_000 || got[1].Available != 0 {
		t.Errorf("orders %+v", got)
	}
	b.Drop()
	s.Exchange.CancelAccount(sim.DemoUsername)
	if d := b.Compare(); !strings.HasPrefix(d, "demo knows ") {
		t.Errorf("a difference is told as %q", d)
	}
	before := b.Missing()
	b.Login(before)
	b.Round()
	if d := b.Compare(); d != "" || b.Missing() != before+1 {
		t.Errorf("%s; lacks %d", d, b.Missing())
	}
	b.Create(order(10_000, 1000))
	b.Drop() // before the answer
	if d := b.Compare(); d != "demo knows 2 orders, the exchange 3" {
		t.Errorf("a difference is told as %q", d)
	}
}

// A bot serves replays: what the exchange did not get, it gets then, orders as they were.
func TestServe(t *testing.T) {
	for _, serves := range []bool{true, false} {
		s, b := newBot(t)
		b.NoServe = !serves
		b.Line().Force(fault.DropIn, 2)
		b.Ping()
		b.Create(order(10_000, 3000))
		b.Ping()
		b.Round()
		if truth, _ := s.Exchange.Truth(sim.DemoUsername); (truth.Live == 1) != serves || b.Count("served") != 1 {
			t.Errorf("serves %v: %d orders, asked %d times", serves, truth.Live, b.Count("served"))
		}
	}
}

// A mute bot is logged out, one that answers heartbeats is not.
func TestHeartbeats(t *testing.T) {
	for _, mute := range []bool{true, false} {
		s, b := newBot(t)
		b.Mute = mute
		for end := s.Now() + int64(3*time.Minute); s.Now() < end; {
			s.Tick(s.Tick(s.Now()))
			b.Round()
		}
		if b.Connected() == mute || b.Count("logout.HEARTBEAT_TIMEOUT") == 1 != mute {
			t.Errorf("mute %v, connected %v", mute, b.Connected())
		}
	}
}

// A bot does not show its password, however it is printed.
func TestBotShowsNoPassword(t *testing.T) {
	b := New(nil, "ann", "secret")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if said := fmt.Sprintf(verb, b); said != "bot of ann" {
			t.Errorf("%s: %s", verb, said)
		}
	}
}
