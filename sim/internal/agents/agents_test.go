package agents

import (
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/sim/exchange"
)

func lively(t *testing.T, c Config, seed uint64) (*exchange.Exchange, *Agents) {
	t.Helper()
	c, err := c.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	x, err := exchange.New(exchange.Config{
		Accounts: c.Accounts(),
		Markets:  []exchange.Market{{ID: 1, WinnerTakesAll: true, Contracts: []exchange.Contract{{ID: 1}, {ID: 2}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x, New(x, c, seed, 0)
}

// The rate is as configured, however the clock advances.
func TestRate(t *testing.T) {
	for _, step := range []time.Duration{time.Microsecond * 700, time.Millisecond, time.Second, time.Minute} {
		_, a := lively(t, Config{Rate: 1000}, 1)
		for now := step; now < 20*time.Second; now += step {
			a.Tick(int64(now))
		}
		a.Tick(int64(20 * time.Second))
		if a.actions != 20_000 {
			t.Errorf("in steps of %v: %d actions in twenty seconds", step, a.actions)
		}
	}
}

func TestTickReturnsNextTime(t *testing.T) {
	_, a := lively(t, Config{Rate: 3}, 1)
	now := int64(0)
	for i := range int64(100) {
		next := a.Tick(now)
		if a.actions != i {
			t.Fatalf("%d actions at %d, want %d", a.actions, now, i)
		}
		if a.Tick(next-1) != next || a.actions != i {
			t.Fatalf("an action before %d", next)
		}
		now = next
	}
}

// Markets stay two-sided and trade, and the participants can afford it.
func TestMarketsStayTwoSided(t *testing.T) {
	x, a := lively(t, Config{Rate: 1000}, 3)
	for now := time.Second; now <= time.Minute; now += time.Second {
		a.Tick(int64(now))
		if now < 10*time.Second {
			continue
		}
		for contract := uint32(1); contract <= 2; contract++ {
			bid, offer := x.Best(1, contract)
			if bid == 0 || offer == 0 || bid >= offer {
				t.Fatalf("after %v contract %d is %d to %d", now, contract, bid, offer)
			}
		}
	}
	for _, name := range []string{"house maker 1", "house taker 1"} {
		if a, ok := x.Truth(name); !ok || len(a.Positions) == 0 || a.Available < 0 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestResolve(t *testing.T) {
	for field, c := range map[string]Config{
		"Agents.Rate": {Rate: -1}, "Agents.Makers": {Makers: 5000}, "Agents.Quantity": {Quantity: 1},
		"Agents.Step": {Step: 5000}, "Agents.Balance": {Balance: -1},
	} {
		if _, err := c.Resolve(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v: %v, want %s", c, err, field)
		}
	}
	if (Config{}).Accounts() != nil {
		t.Error("there are no accounts")
	}
}
