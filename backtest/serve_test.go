package backtest

import (
	"context"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// TestServe runs a bot over a socket, as fast as it goes, with and without latencies.
func TestServe(t *testing.T) {
	d := record(t, dayConfig{seed: 7, duration: 4 * time.Second, rate: 100, turn: proofTurn, most: 30_000})
	for _, latency := range []time.Duration{0, 3 * time.Millisecond} {
		l := Latency{Constant: latency}
		s, err := Listen(ServerConfig{
			Config: Config{Dir: d.dir, Winners: d.winners(), Latency: Latencies{l, l, l}},
			Queue:  exchange.QueueProportional,
		})
		if err != nil {
			t.Fatal(err)
		}
		c := makerConfig()
		c.Address, c.DisableTLS = s.Addr().String(), true
		c.Session.Username, c.Session.Password = sim.DemoUsername, sim.DemoPassword
		e, err := engine.New(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := placeEvery(e, 20); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- e.Run(context.Background()) }()
		m, err := s.Serve(t.Context(), e.Stop)
		if err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the bot: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		f := &m.Figures
		t.Logf("%d messages, %d orders, %d requests, %d stalls", f.Messages, f.Orders, f.Requests, s.Stalls())
		if f.Orders == 0 || f.Messages == 0 {
			t.Errorf("the bot did nothing: %+v", f)
		}
		for _, o := range m.Orders {
			if o.Ended == 0 {
				t.Errorf("order %d is live after the end", o.Order)
			}
		}
	}
}

// placeEvery joins the best bid at every n-th change of a book.
func placeEvery(e *engine.Engine, n int) error {
	changes := 0
	e.OnBook(func(c book.Contract) {
		best, ok := c.Best(odds.Buy)
		if changes++; changes%n == 0 && ok {
			_, _ = e.Place(order.Limit{
				Market: c.Market(), Contract: c.ID(), Side: odds.Buy, Price: best.Price, Quantity: 10_000,
			})
		}
	})
	return e.Subscribe(winMarket)
}
