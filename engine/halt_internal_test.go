package engine

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/odds"
)

// TestHaltRaces halts from other goroutines at any moment of a loop that goes on to place orders and resumes: an order
// that is asked for after a halt returned, and before the next Resume, does not pass the gate. No halt is lost.
func TestHaltRaces(t *testing.T) {
	const halts = 5_000
	config := Config{Address: "exchange.test:3801", State: StateConfig{}}
	config.State.Orders = order.Config{Orders: 16, Retained: 16, Requests: 16, Contracts: 16, Fills: 16}
	config.Session.Username, config.Session.Password = "user", "secret"
	e, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	l := order.Limit{Market: 1, Contract: 2, Side: odds.Buy, Price: 5000, Quantity: 10_000}
	var asked, returned, ended atomic.Int64 // halts, and those that a Resume may have ended
	var failed atomic.Bool
	defer failed.Store(true) // a test that fails must not leave a goroutine that spins
	go func() {
		for n := int64(1); n <= halts; n++ {
			asked.Store(n)
			if err := e.Halt("test"); err != nil {
				t.Error(err)
			}
			returned.Store(n)
			// Of each two one comes in the middle of whatever follows the other.
			for n%2 == 0 && ended.Load() < n && !failed.Load() {
				runtime.Gosched()
			}
		}
	}()
	resumed := 0
	for ended.Load() < halts {
		before := returned.Load()
		_, err := e.Place(l)
		halted := errors.Is(err, risk.LimitHalted)
		if before > ended.Load() && !halted {
			t.Fatalf("halt %d: Place: %v", before, err)
		}
		if !halted {
			continue
		}
		e.trading.risk.Orders(e.now, risk.OpenOrders{Complete: true}) // all are cancelled
		switch err := e.Resume("test"); err {
		case nil:
			resumed++
			ended.Store(asked.Load())
		case risk.ErrHalting: // another halt at this moment
		default:
			t.Fatal(err)
		}
	}
	if resumed < halts/4 {
		t.Errorf("%d halts, resumed %d times", halts, resumed)
	}
}
