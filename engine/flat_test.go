package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// TestTradingLog logs what a person should see of orders and quotes, without a handler.
func TestTradingLog(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		var out bytes.Buffer
		config.Logger = slog.New(slog.NewTextHandler(&out, nil))
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		d.do(r, func() {
			if err := d.Quote(5, 6, quote.Two{Bid: 1000, Size: 10_000}); err != nil { // there is no such market
				t.Error(err)
			}
		})
		advance(time.Millisecond)
		server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}.With(fault.Million, fault.Unconfirmed)) })
		d.do(r, func() { _, _ = d.SendOrderCreate(small()) })
		advance(time.Millisecond) // it was written
		server.Do(func(s *sim.Sim) {
			s.Faults.Set(fault.Plan{})
			s.Restart()
		})
		advance(time.Minute)
		r.Stop()
		_ = r.wait()
		for _, want := range []string{
			`level=WARN msg="doubt began, reference `, `level=WARN msg="not complete: not caught up`,
			`level=WARN msg="quote 5/6 gave up: buy"`,
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the log does not have %q:\n%s", want, out.String())
			}
		}
	})
}

// TestRunUntilFlatLeft ends with an order that nothing says anything of any more: the error says that it is left,
// though the exchange accepted the cancellation of all orders.
func TestRunUntilFlatLeft(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		bot, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		bot.OnCaughtUp(func(ev *engine.Event) {
			if ev.Epoch > 1 {
				return
			}
			if _, err := bot.SendOrderCreate(small()); err != nil {
				t.Error(err)
			}
		})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		bot.OnOrder(func(o *order.Order, ev *order.Event) {
			if ev.Kind != order.OrderAccepted {
				return
			}
			server.Do(func(s *sim.Sim) { // the exchange ends the order, forgets that, and breaks the connection
				s.Exchange.AdminCancel(o.ID)
				s.Exchange.ForgetReports(sim.DemoUsername)
				s.Restart()
			})
			_, _ = bot.After(10*time.Second, stop)
		})
		left, err := bot.RunUntilFlat(ctx, 5*time.Second)
		var cancel *engine.CancelError
		if len(left) != 1 || !errors.As(err, &cancel) || cancel.Left != 1 {
			t.Errorf("left %+v, error %v", left, err)
		}
	})
}

// TestOnOrderWithoutOrder registers a handler that is written for orders alone: events about none have something that
// it can read, too.
func TestOnOrderWithoutOrder(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		config.Session.AccountFromStart = true
		seen := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnCaughtUp(func(*engine.Event) {
				if _, err := e.SendOrderCancelAll(new(msg.OrderCancelAll)); err != nil {
					t.Error(err)
				}
			})
			e.OnOrder(func(o *order.Order, ev *order.Event) {
				if seen++; o.ID != 0 || o.Reference != 0 || o.State != 0 || ev.State != 0 {
					t.Errorf("%+v of %+v", *o, *ev)
				}
			})
		})
		advance(time.Second)
		r.Stop()
		_ = r.wait()
		if seen < 2 {
			t.Errorf("%d events", seen)
		}
	})
}

// TestHaltIncomplete restarts the numbering of the account: the kill switch is thrown if the setting has that cause,
// once; whoever resumes trades on although the cause stays.
func TestHaltIncomplete(t *testing.T) {
	for _, why := range []order.Why{0, order.MessagesLost, order.SequenceReset | order.Overflowed} {
		onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
			config.State.HaltIncomplete = why
			d := &tradingDay{t: t}
			r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
			advance(time.Second)
			place := func() {
				d.do(r, func() { _, _ = d.Place(limit(odds.Buy, 1000)) })
				advance(time.Second)
			}
			place()
			place()
			server.Do(func(s *sim.Sim) {
				s.Exchange.RestartSequences()
				s.Restart()
			})
			advance(time.Minute)
			place() // its acceptance has a number that was there before
			advance(time.Minute)
			halted := why&order.SequenceReset != 0
			d.do(r, func() {
				s, c := d.Mode(), d.Completeness()
				if c.Why&order.SequenceReset == 0 || s.Mode == risk.Halted != halted {
					t.Errorf("%v: %+v, %+v", why, s, c)
				}
				if err := d.Resume("a person"); err != nil {
					t.Error(err)
				}
			})
			server.Do(func(s *sim.Sim) { s.Restart() })
			advance(time.Minute)
			d.do(r, func() {
				if s := d.Mode(); s.Mode != risk.Active {
					t.Errorf("%v: resumed, %+v", why, s)
				}
			})
			r.Stop()
			_ = r.wait()
		})
	}
}
