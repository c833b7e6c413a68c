package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// exchange starts a simulated exchange for an example and returns the settings to
// reach it. A bot that trades for real leaves Address and DisableTLS alone. OnStop says
// what becomes of the orders when it stops: all are cancelled first.
func exchange() (config engine.Config, stop func()) {
	settings := sim.DefaultConfig()
	settings.Agents = sim.Agents{} // no one else trades, so that the output is certain
	server, err := sim.Listen("127.0.0.1:0", settings)
	if err != nil {
		panic(err)
	}
	go func() { _ = server.Serve(context.Background()) }()
	return engine.Config{
		Session:    session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
		Address:    server.Addr().String(),
		DisableTLS: true,
		OnStop:     engine.StopCancelAll,
	}, func() { _ = server.Close() }
}

// backHome is an order to buy, at 25 % of the payoff, a payoff of 40.00 if the
// home team wins.
func backHome() *msg.OrderCreate {
	order := new(msg.OrderCreate)
	order.SetSide(msg.SideBuy)
	order.SetPrice(2500)
	order.SetQuantity(400000)
	order.SetMarketId(sim.DemoMarket)
	order.SetContractId(sim.DemoHome)
	return order
}

// Connect, subscribe to a market and print its book. When the bot stops its order
// leaves the book.
func Example() {
	config, stop := exchange()
	defer stop()
	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	started := false
	e.OnLoggedIn(func(*engine.Event) {
		if started {
			return // after a reconnect the engine has subscribed again by itself
		}
		started = true
		var subscribe msg.MarketSubscribe
		subscribe.SetMarketId(sim.DemoMarket)
		if _, err := e.SendMarketSubscribe(&subscribe); err != nil {
			fmt.Println(err)
		}
		if _, err := e.SendOrderCreate(backHome()); err != nil {
			fmt.Println(err)
		}
	})
	e.OnMarketQuotes(func(_ *engine.Event, quotes *msg.MarketQuotes) {
		fmt.Println("market", quotes.GetMarketId())
	})
	e.OnContractQuotes(func(_ *engine.Event, quotes *msg.ContractQuotes) {
		for _, bid := range quotes.GetBids() {
			fmt.Println("contract", quotes.GetContractId(), "bid", bid.GetPrice(), "for", bid.GetQuantity())
		}
		e.Stop()
	})
	if err := e.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// market 100000
	// contract 200000 bid 2500 for 400000
	// contract 200000 bid 2500 for 0
}

// Stop with Ctrl-C: the end of the context cancels all orders, waits for that, and logs
// out. Run returns nil only if the exchange has confirmed it.
func ExampleEngine_Run() {
	config, stopExchange := exchange()
	defer stopExchange()
	config.OnStop = engine.StopCancelAll
	config.StopTimeout = 5 * time.Second
	config.CancelAllOnPanic = true           // likewise if a handler panics
	config.Session.CancelAllOnFailure = true // the exchange does it if we vanish, in its own time

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer context.AfterFunc(ctx, stop)() // a second Ctrl-C does not wait

	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	started := false
	e.OnLoggedIn(func(*engine.Event) {
		if started {
			return
		}
		started = true
		if _, err := e.SendOrderCreate(backHome()); err != nil {
			fmt.Println("not sent:", err)
		}
	})
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
		fmt.Println("accepted at", m.GetPrice())
		stop() // in place of Ctrl-C
	})
	e.OnOrderCancelled(func(_ *engine.Event, m *msg.OrderCancelled) {
		fmt.Println("cancelled:", m.GetReason())
	})
	err = e.Run(ctx)
	var live *engine.CancelError
	switch {
	case errors.As(err, &live):
		fmt.Println("look at the account:", live)
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println("no order is live")
	}
	// Output:
	// accepted at 2500
	// cancelled: ORDER_CANCELLED_MEMBER_REQUESTED
	// no order is live
}

// Get a token for each login, for one that expires.
func ExampleConfig_credentials() {
	config, stop := exchange()
	defer stop()
	config.Session = session.Config{} // no credentials of its own
	config.Credentials = func(ctx context.Context) (session.Credentials, error) {
		// A real one asks the exchange's HTTP API for a session token, with ctx.
		return session.Credentials{Username: sim.DemoUsername, Password: sim.DemoPassword}, nil
	}
	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	e.OnLoggedIn(func(*engine.Event) {
		fmt.Println("logged in")
		e.Stop()
	})
	if err := e.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// logged in
}

// Place an order and cancel it.
func ExampleEngine_SendOrderCreate() {
	config, stop := exchange()
	defer stop()
	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	started := false
	e.OnLoggedIn(func(*engine.Event) {
		if started {
			return // a reconnect is no reason for another order
		}
		started = true
		if _, err := e.SendOrderCreate(backHome()); err != nil {
			fmt.Println("not sent:", err)
		}
	})
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
		fmt.Println("accepted at", m.GetPrice())
		var cancel msg.OrderCancel
		cancel.SetOrderId(m.GetOrderId())
		if _, err := e.SendOrderCancel(&cancel); err != nil {
			fmt.Println("not sent:", err)
		}
	})
	e.OnOrderCancelled(func(_ *engine.Event, m *msg.OrderCancelled) {
		fmt.Println("cancelled:", m.GetReason())
		e.Stop()
	})
	e.OnOrderRejected(func(_ *engine.Event, m *msg.OrderRejected) {
		fmt.Println("rejected:", m.GetReason())
		e.Stop()
	})
	if err := e.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// accepted at 2500
	// cancelled: ORDER_CANCELLED_MEMBER_REQUESTED
}

// Send from another goroutine than the one in Run.
func ExampleEngine_Submitter() {
	config, stop := exchange()
	defer stop()
	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	var once sync.Once
	ready := make(chan struct{})
	e.OnLoggedIn(func(*engine.Event) { once.Do(func() { close(ready) }) })
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
		fmt.Println("accepted the order that was sent as", m.GetSeq())
		e.Stop()
	})
	go func() {
		<-ready
		var order engine.Submission
		if err := e.Submitter().SendOrderCreate(backHome(), &order); err != nil {
			fmt.Println("not submitted:", err)
			return
		}
		if seq, err := order.Wait(context.Background()); err != nil {
			fmt.Println("not sent:", err, "safe to send again:", session.SafeToResend(err))
		} else if seq == 0 {
			fmt.Println("no sequence")
		}
	}()
	if err := e.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// accepted the order that was sent as 2
}

// Act by the clock: an order that no one takes is cancelled after a while, and the bot says now
// and then that it is alive.
func ExampleEngine_After() {
	config, stop := exchange()
	defer stop()
	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	alive, err := e.Every(time.Minute, func() { fmt.Println("alive,", e.State()) })
	if err != nil {
		fmt.Println(err)
		return
	}
	started := false
	e.OnLoggedIn(func(*engine.Event) {
		if started {
			return // a reconnect is no reason for another order
		}
		started = true
		if _, err := e.SendOrderCreate(backHome()); err != nil {
			fmt.Println("not sent:", err)
		}
	})
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
		var cancel msg.OrderCancel
		cancel.SetOrderId(m.GetOrderId()) // m is valid until the handler returns
		_, err := e.After(10*time.Millisecond, func() {
			fmt.Println("no one took it")
			if _, err := e.SendOrderCancel(&cancel); err != nil {
				fmt.Println("not sent:", err)
			}
		})
		if err != nil {
			fmt.Println(err)
		}
	})
	e.OnOrderCancelled(func(_ *engine.Event, m *msg.OrderCancelled) {
		fmt.Println("cancelled:", m.GetReason())
		alive.Remove()
		e.Stop()
	})
	if err := e.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// no one took it
	// cancelled: ORDER_CANCELLED_MEMBER_REQUESTED
}

// Embed the engine in a loop of the bot's own.
func ExampleEngine_Poll() {
	config, stop := exchange()
	defer stop()
	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	best := uint32(0)
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) { best = m.GetPrice() })
	sent := false
	for {
		if err := e.Poll(); errors.Is(err, engine.ErrLoggedOut) {
			break
		} else if err != nil {
			fmt.Println(err)
			return
		}
		// Everything else that the bot has to do goes here.
		if e.State() == session.Established && !sent {
			_, err := e.SendOrderCreate(backHome())
			sent = err == nil
		}
		if best != 0 {
			e.Stop()
		}
	}
	fmt.Println("accepted at", best)
	// Output:
	// accepted at 2500
}

// Go on after a restart of the bot: what happened to the account meanwhile is
// delivered before anything new.
func ExampleEngine_AccountSequence() {
	config, stop := exchange()
	defer stop()

	// A run that keeps the account sequence of the last message it handled.
	e, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	var kept uint64
	e.OnLoggedIn(func(*engine.Event) {
		for range 2 {
			if _, err := e.SendOrderCreate(backHome()); err != nil {
				fmt.Println(err)
			}
		}
	})
	e.OnOrderAccepted(func(ev *engine.Event, m *msg.OrderAccepted) {
		if kept == 0 {
			fmt.Println("first run: accepted the order sent as", m.GetSeq())
			kept = ev.AccountSequence
			_ = e.Close() // as if the bot had died before it saw the second
		}
	})
	if err := e.Run(context.Background()); !errors.Is(err, engine.ErrClosed) {
		fmt.Println(err)
	}

	// The next run asks for everything behind it.
	config.Session.AccountSequence = kept
	e, err = engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	e.OnOrderAccepted(func(ev *engine.Event, m *msg.OrderAccepted) {
		if ev.AccountSequence == kept+1 {
			fmt.Println("second run: the order sent as", m.GetSeq(), "was accepted too")
			e.Stop()
		}
	})
	if err := e.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// first run: accepted the order sent as 2
	// second run: the order sent as 3 was accepted too
}
