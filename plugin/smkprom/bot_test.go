package smkprom_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smkprom"
	"github.com/smk-go/smk/sim"
)

// The credentials of the bots of the tests, which nothing that is exported may have.
const (
	username = sim.DemoUsername
	password = sim.DemoPassword
)

// bot is an engine that trades with a simulated exchange.
type bot struct {
	*engine.Engine
	*smkprom.Collector
	t     *testing.T
	ended chan error
}

// withBot runs a test with a bot that is logged in, in a bubble with a clock of its own.
func withBot(t *testing.T, set func(*engine.Config), test func(t *testing.T, b *bot)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		settings := sim.DefaultConfig()
		settings.Agents = sim.Agents{}
		server, err := sim.Local(settings)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(context.Background()) }()
		defer func() { // also if the test gives up
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			<-served
		}()
		config := engine.Config{
			Session: session.Config{Username: username, Password: password}, OnStop: engine.StopLeave,
			Address: "exchange.test:3801", DisableTLS: true,
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
			State: engine.StateConfig{Risk: risk.Config{
				OrdersMax: 100, AccountExposureMax: 10_000 * odds.Whole, LossMax: 500 * odds.Whole,
			}},
		}
		if set != nil {
			set(&config)
		}
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		c, err := smkprom.New(e, smkprom.Options{Account: "main"})
		if err != nil {
			t.Fatal(err)
		}
		b := &bot{e, c, t, make(chan error, 1)}
		go func() { b.ended <- e.Run(context.Background()) }()
		defer func() {
			_ = e.Close()
			<-b.ended
		}()
		b.advance(time.Second)
		test(t, b)
	})
}

// advance moves the clock and waits until everybody waits again.
func (b *bot) advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// do calls a function on the loop.
func (b *bot) do(f func()) {
	b.t.Helper()
	var s engine.Submission
	if err := b.Submitter().Do(f, &s); err != nil {
		b.t.Fatal(err)
	}
	if _, err := s.Wait(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// trade places orders, and cancels one of them.
func (b *bot) trade() {
	b.t.Helper()
	var first engine.Placed
	b.do(func() {
		for i := range odds.Price(3) {
			placed, err := b.Place(order.Limit{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: 1000 + i, Quantity: 100_000,
			})
			if err != nil {
				b.t.Error(err)
			}
			if i == 0 {
				first = placed
			}
		}
	})
	b.advance(time.Second)
	b.do(func() {
		if err := first.Cancel(); err != nil {
			b.t.Error(err)
		}
	})
	b.advance(time.Second)
}

// recorded has a bot keep a journal.
func recorded(t *testing.T) func(*engine.Config) {
	dir := t.TempDir()
	return func(c *engine.Config) { c.Journal = journal.Config{Dir: dir} }
}
