package docs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// botConfig returns the settings of a bot that trades at an address.
func botConfig(address string) engine.Config {
	return engine.Config{
		Address: address, DisableTLS: true, // the simulator; leave both out for the real exchange
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword,
			AccountFromStart:   true, // ask for the account's history: orders and positions of earlier runs count
			RequireCaughtUp:    true, // refuse orders until that history has arrived
			CancelAllOnFailure: true, // the exchange cancels if it does not hear from us any more
		},
		State: engine.StateConfig{
			OnUnresolved: engine.CancelUnresolvedMarket, // an order that stays in doubt
		},
		CancelAllOnPanic: true,
	}
}

// simulator starts a simulated exchange on which nobody else trades by himself.
func simulator() *sim.Server {
	quiet := sim.DefaultConfig()
	quiet.Agents = sim.Agents{}
	server, err := sim.Listen("127.0.0.1:0", quiet)
	check(err)
	go func() { _ = server.Serve(context.Background()) }()
	return server
}

// rival places an order of somebody else.
func rival(server *sim.Server, side msg.Side, price uint32, quantity uint64) {
	server.Do(func(s *sim.Sim) {
		s.Exchange.Submit("rival", exchange.Create{
			Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price, Quantity: quantity,
		})
	})
}

// backHome returns an order to buy at a price, for a payoff of 40.00.
func backHome(price odds.Price) order.Limit {
	return order.Limit{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: price, Quantity: 400_000,
	}
}

// once returns a handler that calls f for the first event only.
func once(f func()) func(*engine.Event) {
	called := false
	return func(*engine.Event) {
		if !called {
			called = true
			f()
		}
	}
}

// cutConn is a connection that breaks at the next read after cut is set.
type cutConn struct {
	net.Conn
	cut *atomic.Bool
}

func (c cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.cut.CompareAndSwap(true, false) {
		return 0, io.ErrUnexpectedEOF // what has arrived is lost
	}
	return n, err
}

func Example_botSession() {
	server := simulator()
	defer server.Close()
	settings := botConfig(server.Addr().String())
	var cut atomic.Bool
	settings.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := server.Dial(ctx)
		return cutConn{conn, &cut}, err
	}
	bot, err := engine.New(settings)
	check(err)

	bot.OnLoggedIn(func(ev *engine.Event) {
		_, err := bot.Place(backHome(5000))
		fmt.Println("login", ev.Epoch, "too early for orders:", errors.Is(err, session.ErrCatchingUp))
	})
	bot.OnCaughtUp(func(ev *engine.Event) {
		fmt.Println("caught up, complete:", ev.Complete, "nothing to repeat:", errors.Is(ev.Cause, session.ErrHistory))
		if ev.Epoch == 1 { // not again after a reconnect
			_, err := bot.Place(backHome(5000))
			check(err)
			cut.Store(true) // the connection breaks, and the answer is lost
			return
		}
		for o := range bot.Orders() {
			fmt.Println("known:", o.State)
		}
		bot.Stop()
	})
	bot.OnState(func(ev *engine.Event) {
		if ev.State == session.Disconnected && ev.Epoch == 1 {
			fmt.Println("lost, cause:", engine.CauseOf(ev.Cause))
		}
	})
	check(bot.Run(context.Background()))
	// Output:
	// login 1 too early for orders: true
	// caught up, complete: false nothing to repeat: true
	// lost, cause: transport
	// login 2 too early for orders: true
	// caught up, complete: true nothing to repeat: false
	// known: live
}

func Example_botBook() {
	server := simulator()
	defer server.Close()
	rival(server, msg.SideBuy, 4800, 400_000)
	rival(server, msg.SideSell, 5200, 400_000)
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)

	bot.OnCaughtUp(once(func() {
		check(bot.Subscribe(sim.DemoMarket))
		_, err := bot.Place(backHome(4900))
		check(err)
	}))
	bot.OnBook(func(c book.Contract) {
		if c.ID() != sim.DemoHome || c.At(odds.Buy, 4900) == 0 {
			return // another contract, or our order is not there yet
		}
		all, _ := c.Best(odds.Buy)
		others, _ := c.WithoutOwn().Best(odds.Buy)
		mid, _ := c.WithoutOwn().MidPrice()
		fmt.Println("live:", c.Live())
		fmt.Println("best bid:", int(all.Price), "without ours:", int(others.Price), "mid:", int(mid))
		bot.Stop()
	})
	check(bot.Run(context.Background()))
	// Output:
	// live: true
	// best bid: 4900 without ours: 4800 mid: 5000
}

func Example_botOrder() {
	server := simulator()
	defer server.Close()
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)

	var placed engine.Placed
	bot.OnCaughtUp(once(func() {
		var err error
		placed, err = bot.Place(backHome(5000))
		check(err)
		fmt.Println(placed.Order().State, placed.Cancel()) // it has no id yet
	}))
	bot.OnOrder(func(o *order.Order, ev *order.Event) {
		if ev.State == 0 {
			return // an event about no order, such as CompletenessChanged
		}
		fmt.Println(ev.Kind, o.State, int(o.Price), int64(o.Available))
		switch ev.Kind {
		case order.OrderAccepted:
			check(placed.Reduce(300_000)) // keeps its place in the queue
		case order.OrderReduced:
			_, err := placed.Replace(5100, 500_000) // another order in its place
			check(err)
		case order.OrderReplaced: // o is the new order, with a reference of its own
			fmt.Println("the old one:", placed.Order().State, o.Reference != placed.Reference())
			var cancel msg.OrderCancel
			cancel.SetOrderId(o.ID)
			_, err := bot.SendOrderCancel(&cancel)
			check(err)
		case order.OrderCancelled:
			bot.Stop()
		}
	})
	check(bot.Run(context.Background()))
	// Output:
	// pending new engine: order has no id, or is not kept
	// order accepted live 5000 400000
	// order reduced live 5000 300000
	// replace pending pending new 5100 0
	// order replaced live 5100 500000
	// the old one: replaced true
	// order cancelled cancelled 5100 0
}

func Example_botFill() {
	server := simulator()
	defer server.Close()
	server.Do(func(s *sim.Sim) { // fills are provisional for a minute
		check(s.Exchange.SetManaged(sim.DemoMarket, true, int64(time.Minute)))
	})
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)

	bot.OnCaughtUp(once(func() {
		_, err := bot.Place(backHome(5000))
		check(err)
	}))
	bot.OnFill(func(o *order.Order, f order.Fill) {
		fmt.Println("filled", int64(f.Quantity), "at", int(f.Price), "provisional:", f.Provisional)
		p := bot.Position(o.Market, o.Contract)
		fmt.Println("final", int64(p.Final), "provisional", int64(p.Provisional))
		server.Do(func(s *sim.Sim) { check(s.Exchange.Goal(sim.DemoMarket, "goal")) })
	})
	bot.OnOrder(func(o *order.Order, ev *order.Event) {
		switch ev.Kind {
		case order.OrderAccepted:
			rival(server, msg.SideSell, 5000, 300_000)
		case order.FillVoided:
			p := bot.Position(o.Market, o.Contract)
			fmt.Println("voided", int64(ev.Fill.Quantity), "provisional", int64(p.Provisional))
			bot.Stop()
		}
	})
	check(bot.Run(context.Background()))
	// Output:
	// filled 300000 at 5000 provisional: true
	// final 0 provisional 300000
	// voided 300000 provisional 0
}

// watch reports what a person should see, and stops trading if positions are not known any more.
func watch(bot *engine.Engine, out io.Writer) {
	bot.OnOrder(func(o *order.Order, ev *order.Event) {
		switch ev.Kind {
		case order.MissedFill:
			fmt.Fprintf(out, "order %d: %d executed, %d seen\n", ev.OrderID, ev.Reported, ev.Expected)
		case order.Drift:
			fmt.Fprintf(out, "%v: the exchange has %d, we have %d\n", ev.Amount, ev.Reported, ev.Expected)
		case order.DoubtBegan, order.DoubtResolved, order.Anomaly:
			fmt.Fprintf(out, "order %d: %v %v\n", ev.OrderID, ev.Kind, ev.State)
		case order.CompletenessChanged:
			if c := bot.Completeness(); !c.Complete {
				fmt.Fprintf(out, "not complete: %v\n", c.Why)
			}
		case order.Overflow:
			check(bot.Halt("positions are not complete"))
		}
	})
}

func Example_botDoubt() {
	server := simulator()
	defer server.Close()
	settings := botConfig(server.Addr().String())
	settings.State.OnUnresolved = engine.ReportUnresolved // we resolve it ourselves
	var cut atomic.Bool
	dials := 0
	settings.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		if dials++; dials == 2 { // the exchange has forgotten what it would repeat
			server.Do(func(s *sim.Sim) { s.Exchange.ForgetReports(sim.DemoUsername) })
		}
		conn, err := server.Dial(ctx)
		return cutConn{conn, &cut}, err
	}
	bot, err := engine.New(settings)
	check(err)

	var placed engine.Placed
	bot.OnCaughtUp(once(func() {
		var err error
		placed, err = bot.Place(backHome(5000))
		check(err)
		cut.Store(true) // the answer does not reach us
	}))
	bot.OnOrder(func(o *order.Order, ev *order.Event) {
		if ev.State != 0 {
			fmt.Println(ev.Kind, ev.State)
		}
	})
	bot.OnSendUnresolved(func(ev *engine.Event) {
		fmt.Println("in doubt:", placed.Order().Overlay, "reserved:", bot.Account().Asked)
		id := server.Orders(sim.DemoUsername)[0].ID // look it up on the exchange's site
		fmt.Println(bot.ResolveOrder(ev.Reference, order.Outcome{Placed: true, OrderID: id}))
		check(placed.Cancel())
	})
	bot.OnOrderCancelled(func(*engine.Event, *msg.OrderCancelled) { bot.Stop() })
	check(bot.Run(context.Background()))
	// Output:
	// doubt began pending new
	// in doubt: in doubt reserved: 20.00
	// true
	// doubt resolved live
	// order cancelled cancelled
}

// A quote with two levels on each side.
func Example_botLevels() {
	server := simulator()
	defer server.Close()
	settings := botConfig(server.Addr().String())
	settings.State.Quotes.Levels = 2 // at most, on each side
	bot, err := engine.New(settings)
	check(err)

	live := 0
	bot.OnCaughtUp(once(func() {
		bids := []quote.Level{{Price: 4900, Size: 400_000}, {Price: 4800, Size: 800_000}}
		asks := []quote.Level{{Price: 5100, Size: 400_000}, {Price: 5200, Size: 800_000}}
		check(bot.QuoteLevels(sim.DemoMarket, sim.DemoHome, bids, asks, quote.Tolerance{Price: 20}))
	}))
	bot.OnOrder(func(_ *order.Order, ev *order.Event) {
		if ev.Kind != order.OrderAccepted {
			return
		}
		if live++; live == 4 {
			for o := range bot.Orders() {
				fmt.Println(o.Side, int(o.Price), o.Available)
			}
			bot.Stop()
		}
	})
	check(bot.Run(context.Background()))
	// Output:
	// buy 4900 40.00
	// buy 4800 80.00
	// sell 5100 40.00
	// sell 5200 80.00
}

func Example_botQuote() {
	server := simulator()
	defer server.Close()
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)

	bot.OnCaughtUp(once(func() {
		q := quote.Two{Bid: 4900, Ask: 5100, Size: 400_000, Tolerance: 20}
		check(bot.Quote(sim.DemoMarket, sim.DemoHome, q)) // nothing leaves before the book is there
	}))
	live := 0
	bot.OnOrder(func(o *order.Order, ev *order.Event) {
		switch ev.Kind {
		case order.OrderAccepted:
			if live++; live == 2 {
				fmt.Println("quotes on both sides")
				near := quote.Two{Bid: 4910, Ask: 5200, Size: 400_000, Tolerance: 20}
				check(bot.Quote(sim.DemoMarket, sim.DemoHome, near)) // the bid is near enough, the offer is not
			}
		case order.OrderReplaced:
			fmt.Println("replaced:", o.Side, int(o.Price))
			for o := range bot.Orders() {
				fmt.Println("live:", o.Side, int(o.Price))
			}
			bot.Pull(sim.DemoMarket, sim.DemoHome)
		case order.OrderCancelled:
			if live--; live == 0 {
				fmt.Println("none left")
				bot.Stop()
			}
		}
	})
	check(bot.Run(context.Background()))
	// Output:
	// quotes on both sides
	// replaced: sell 5200
	// live: buy 4900
	// live: sell 5200
	// none left
}
