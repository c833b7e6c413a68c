package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

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
