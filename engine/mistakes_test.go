package engine_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// TestFlatForever waits for the cancellation for as long as a duration can be: nothing is left.
func TestFlatForever(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		bot, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		bot.OnLoggedIn(func(*engine.Event) {
			if _, err := bot.Place(limit(odds.Buy, 1000)); err != nil {
				t.Error(err)
			}
		})
		bot.OnOrder(func(_ *order.Order, ev *order.Event) {
			if ev.Kind == order.OrderAccepted {
				stop()
			}
		})
		left, err := bot.RunUntilFlat(ctx, math.MaxInt64)
		if err != nil || len(left) != 0 || liveOrders(t, server) != 0 {
			t.Errorf("left %+v, %d live, error %v", left, liveOrders(t, server), err)
		}
	})
}

// TestFlatInHandler calls RunUntilFlat where the loop runs already: what happens to the orders at the end stays as the
// settings say.
func TestFlatInHandler(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.OnStop = engine.StopLeave
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				left, err := e.RunUntilFlat(t.Context(), time.Second)
				if left != nil || !errors.Is(err, engine.ErrRunning) {
					t.Errorf("%v, %v", left, err)
				}
				if _, err := e.Place(limit(odds.Buy, 1000)); err != nil {
					t.Error(err)
				}
			})
		})
		advance(time.Second)
		r.Stop()
		if err := r.wait(); err != nil || liveOrders(t, server) != 1 {
			t.Errorf("%v, %d live", err, liveOrders(t, server))
		}
	})
}

// TestImpossibleChanges asks for changes of an order that cannot be: they are refused as Place refuses such orders, and
// nothing leaves.
func TestImpossibleChanges(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		var p engine.Placed
		d.do(r, func() { p, _ = d.Place(limit(odds.Buy, 1000)) })
		advance(time.Second)
		d.do(r, func() {
			for _, c := range []struct {
				price    odds.Price
				quantity odds.Quantity
				want     error
			}{
				{0, 100_000, order.ErrPrice},
				{10_000, 100_000, order.ErrPrice},
				{math.MaxUint16, 100_000, order.ErrPrice},
				{1000, 0, order.ErrQuantity},
				{1000, -1, order.ErrQuantity},
				{1000, order.QuantityMax + 1, order.ErrQuantity},
				{1000, math.MaxInt64, order.ErrQuantity},
			} {
				if _, err := p.Replace(c.price, c.quantity); err != c.want {
					t.Errorf("replace at %d by %d: %v, want %v", c.price, c.quantity, err, c.want)
				}
			}
			for _, available := range []odds.Quantity{math.MinInt64, -1, 100_001, math.MaxInt64} {
				if err := p.Reduce(available); err != order.ErrQuantity {
					t.Errorf("reduce to %d: %v", available, err)
				}
			}
			if err := d.AdoptQuote(d.Order(1)); !errors.Is(err, quote.ErrOrder) { // which is not kept
				t.Errorf("no order was adopted: %v", err)
			}
			if o := p.Order(); o.Overlay != 0 {
				t.Errorf("a request left: %v", o.Overlay)
			}
			if err := p.Reduce(50_000); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		d.do(r, func() {
			if o := p.Order(); o.Available != 50_000 {
				t.Errorf("%+v", o)
			}
			if _, err := p.Replace(9999, 1); err != nil {
				t.Error(err)
			}
		})
		r.Stop()
		_ = r.wait()
	})
}

// TestReferenceTwice sends an order again whose answer the bot has not seen, with the reference that it had: it would
// be a second one, of which nothing tells which of the two a message or a cancel is about.
func TestReferenceTwice(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		l := limit(odds.Buy, 1000)
		l.Reference = 7
		var p engine.Placed
		again := func() {
			if _, err := d.Place(l); !errors.Is(err, order.ErrReference) {
				t.Errorf("placed twice: %v", err)
			}
			var m msg.OrderCreate
			if err := l.Create(&m); err != nil {
				t.Error(err)
			}
			if _, err := d.SendOrderCreate(&m); !errors.Is(err, order.ErrReference) {
				t.Errorf("sent twice: %v", err)
			}
		}
		d.do(r, func() {
			var err error
			if p, err = d.Place(l); err != nil {
				t.Error(err)
			}
			again()
		})
		advance(time.Second)
		d.do(r, func() {
			again()
			var m msg.OrderCancelReplace
			m.SetOrigOrderId(p.Order().ID)
			m.SetPrice(1100)
			m.SetQuantity(100_000)
			m.SetReference(7)
			if _, err := d.SendOrderCancelReplace(&m); !errors.Is(err, order.ErrReference) {
				t.Errorf("replaced by itself: %v", err)
			}
			if err := p.Cancel(); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		if n := liveOrders(t, server); n != 0 {
			t.Errorf("%d are live", n)
		}
		d.do(r, func() { // it ended: the next one may be called the same
			if _, err := d.Place(l); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		if n := liveOrders(t, server); n != 1 {
			t.Errorf("%d are live", n)
		}
		r.Stop()
		_ = r.wait()
	})
}

// TestQuoteWithoutRoomForBook quotes a market whose book finds no room: nothing says when it is halted, so no order
// leaves until there is room.
func TestQuoteWithoutRoomForBook(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.State.Books = book.Config{Markets: 1}
		d := &tradingDay{t: t}
		held := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			if err := e.Subscribe(77); err != nil {
				t.Error(err)
			}
			e.OnQuote(func(ev quote.Event) {
				if ev.Kind == quote.Held && ev.Reasons&quote.SuspectBook != 0 {
					held++
				}
			})
		})
		quoted := func(live int, held bool) {
			t.Helper()
			advance(time.Second)
			s := quote.Status{}
			d.do(r, func() {
				if err := d.Quote(sim.DemoMarket, sim.DemoHome, quote.Two{Bid: 1000, Size: 10_000}); err != nil {
					t.Error(err)
				}
			})
			advance(time.Minute)
			d.do(r, func() { s = d.QuoteStatus(sim.DemoMarket, sim.DemoHome) })
			if n := liveOrders(t, server); n != live || s.Reasons&quote.SuspectBook != 0 != held {
				t.Errorf("%d live, want %d; %+v", n, live, s)
			}
		}
		quoted(0, true)
		if held == 0 {
			t.Error("nothing says that the quote is held")
		}
		d.do(r, func() {
			if err := d.Unsubscribe(77); err != nil {
				t.Error(err)
			}
		})
		server.Do(func(s *sim.Sim) { s.Restart() })
		quoted(1, false)
		r.Stop()
		_ = r.wait()
	})
}

// TestStateLinked keeps the state on a volume that a link leads to: the link stays one, also before there is a file,
// and who comes by another link finds it locked.
func TestStateLinked(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		volume, here, there := t.TempDir(), t.TempDir(), t.TempDir()
		for _, l := range [][2]string{
			{filepath.Join(volume, "state"), filepath.Join(there, "first")},
			{"first", filepath.Join(there, "state")},
			{filepath.Join(volume, "state"), filepath.Join(here, "state")},
		} {
			if err := os.Symlink(l[0], l[1]); err != nil {
				t.Fatal(err)
			}
		}
		other := config
		config.State.File, other.State.File = filepath.Join(here, "state"), filepath.Join(there, "state")
		for range 2 {
			e, err := engine.New(config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := engine.New(other); !errors.Is(err, engine.ErrStateInUse) {
				t.Errorf("by another link: %v", err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			info, err := os.Lstat(config.State.File)
			if err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Fatalf("the link is %v, %v", info.Mode(), err)
			}
		}
		e, err := engine.New(other)
		if err != nil || !e.Recovery().Found {
			t.Fatalf("%v, %+v", err, e.Recovery())
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		config.State.File = filepath.Join(here, "circle")
		if err := os.Symlink("circle", config.State.File); err != nil {
			t.Fatal(err)
		}
		if _, err := engine.New(config); err == nil {
			t.Error("a link to itself is a file")
		}
	})
}

// TestDecisionsAfterTheEnd makes a person's decisions when the state was saved for the last time: nothing would keep
// them, so they are refused.
func TestDecisionsAfterTheEnd(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		d.do(r, func() {
			if err := d.DefineMarket(sim.DemoMarket, false); err != nil {
				t.Error(err)
			}
		})
		r.Stop()
		_ = r.wait()
		before := d.StateDigest()
		if err := d.SettleMarket(sim.DemoMarket, sim.DemoHome); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("settled: %v", err)
		}
		if err := d.DefineMarket(sim.DemoMarket, true); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("defined: %v", err)
		}
		if after := d.StateDigest(); after != before {
			t.Error("the state has changed")
		}
	})
}
