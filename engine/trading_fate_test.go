package engine_test

import (
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// TestQuoteRequestNotDelivered loses the cancel of a quote, which is too old to be sent again when the exchange asks
// for it: the quoter learns that nothing is under way, and cancels soon again, not when the answer is overdue.
func TestQuoteRequestNotDelivered(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.Session.StaleAfter, config.OnStop = time.Millisecond, engine.StopLeave
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			d.subscribe()
		})
		advance(time.Second)
		d.do(r, func() {
			if err := d.Quote(sim.DemoMarket, sim.DemoHome, quote.Two{Bid: 3000, Size: 10_000}); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		if n := liveOrders(t, server); n != 1 {
			t.Fatalf("%d orders are live", n)
		}
		server.Do(func(s *sim.Sim) {
			for _, c := range s.Faults.Conns() {
				c.Force(fault.DropIn, 1)
			}
		})
		d.do(r, func() { d.Pull(sim.DemoMarket, sim.DemoHome) })
		advance(100 * time.Millisecond)
		d.do(r, func() {
			if _, err := d.Ping(); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		if n := liveOrders(t, server); n != 0 {
			t.Errorf("%d orders are live", n)
		}
		r.Stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
}
