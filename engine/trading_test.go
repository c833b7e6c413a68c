package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// TestTrading trades with the simulator through the trading state alone: a quote, fills, the end without orders.
func TestTrading(t *testing.T) {
	exchange, err := sim.Listen("127.0.0.1:0", sim.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer exchange.Close()
	go exchange.Serve(context.Background())
	bot, err := engine.New(engine.Config{
		Address: exchange.Addr().String(), DisableTLS: true,

		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	bot.OnCaughtUp(func(*engine.Event) {
		var m msg.MarketSubscribe
		m.SetMarketId(sim.DemoMarket)
		if _, err := bot.SendMarketSubscribe(&m); err != nil {
			t.Error(err)
		}
		if err := bot.Quote(sim.DemoMarket, sim.DemoHome, quote.Two{Bid: 100, Ask: 9900, Size: 400_000}); err != nil {
			t.Error(err)
		}
	})
	books, accepted := 0, 0
	bot.OnBook(func(c book.Contract) { books++ })
	bot.OnOrder(func(o *order.Order, ev *order.Event) {
		t.Log(ev.Kind, ev.State, o.ID)
		if ev.Kind == order.OrderAccepted {
			if accepted++; accepted == 2 {
				n := 0
				for o := range bot.Orders() {
					n++
					if o.State != order.Live || o.Quantity != 400_000 {
						t.Errorf("order %+v", o)
					}
				}
				c, ok := bot.Book(sim.DemoMarket, sim.DemoHome)
				if n != 2 || !ok || !c.Live() {
					t.Errorf("%d orders, book %v", n, ok)
				}
				if own := c.At(odds.Buy, 100); own != 0 && own != 400_000 {
					t.Errorf("own level %d", own)
				}
				stop()
			}
		}
	})
	left, err := bot.RunUntilFlat(ctx, 5*time.Second)
	if err != nil || len(left) > 0 || accepted < 2 || books == 0 {
		t.Errorf("left %v, %v; %d accepted, %d books, completeness %+v", left, err, accepted, books, bot.Completeness())
	}
}
