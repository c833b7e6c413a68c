package script

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

func newBot(t *testing.T) (*sim.Sim, *Bot) {
	t.Helper()
	config := sim.DefaultConfig()
	config.Agents = sim.Agents{}
	s, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b := NewBot(s, sim.DemoUsername, sim.DemoPassword)
	b.Login(0)
	b.Poll()
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

// Compare finds no difference for a bot with every report, and names one for a bot that lacks a report.
func TestBotCompare(t *testing.T) {
	s, b := newBot(t)
	b.Create(order(10_000, 3000))
	b.Create(order(10_000, 2000))
	b.Poll()
	s.Exchange.Submit("rival", exchange.Create{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideSell,
		Quantity: 4_000, Price: 3000,
	})
	b.Cancel(b.LiveIDs()[1])
	b.Poll()
	if d := b.Compare(); d != "" {
		t.Error(d)
	}
	if got := b.Orders(); len(got) != 2 || got[0].Executed != 4_000 || got[0].Available != 6_000 ||
		got[1].Available != 0 {
		t.Errorf("orders %+v", got)
	}
	b.Disconnect()
	s.Exchange.CancelAccount(sim.DemoUsername)
	if d := b.Compare(); !strings.HasPrefix(d, "demo has ") {
		t.Errorf("a difference is reported as %q", d)
	}
	before := b.NextAccountSequence()
	b.Login(before)
	b.Poll()
	if d := b.Compare(); d != "" || b.NextAccountSequence() != before+1 {
		t.Errorf("%s; lacks %d", d, b.NextAccountSequence())
	}
	b.Create(order(10_000, 1000))
	b.Disconnect() // before the answer
	if d := b.Compare(); d != "demo has 2 orders, the exchange 3" {
		t.Errorf("a difference is reported as %q", d)
	}
}

// A bot serves replays: the exchange then receives what was lost.
func TestBotServesReplays(t *testing.T) {
	for _, serves := range []bool{true, false} {
		s, b := newBot(t)
		b.NoReplays = !serves
		b.Conn().Force(fault.DropIn, 2)
		b.Ping()
		b.Create(order(10_000, 3000))
		b.Ping()
		b.Poll()
		if truth, _ := s.Exchange.Truth(sim.DemoUsername); (truth.Live == 1) != serves || b.Count("served") != 1 {
			t.Errorf("serves %v: %d orders, asked %d times", serves, truth.Live, b.Count("served"))
		}
	}
}

// A bot that ignores heartbeats is logged out, one that answers them is not.
func TestBotHeartbeats(t *testing.T) {
	for _, mute := range []bool{true, false} {
		s, b := newBot(t)
		b.IgnoreHeartbeats = mute
		for end := s.Now() + int64(3*time.Minute); s.Now() < end; {
			s.Tick(s.Tick(s.Now()))
			b.Poll()
		}
		if b.Connected() == mute || b.Count("logout.HEARTBEAT_TIMEOUT") == 1 != mute {
			t.Errorf("mute %v, connected %v", mute, b.Connected())
		}
	}
}

// A bot does not show its password, however it is printed.
func TestBotShowsNoPassword(t *testing.T) {
	b := NewBot(nil, "ann", "secret")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if said := fmt.Sprintf(verb, b); said != "bot of ann" {
			t.Errorf("%s: %s", verb, said)
		}
	}
}
