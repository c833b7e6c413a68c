package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"sync"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// exchange starts a simulated exchange and returns the settings to reach it.
func exchange() (settings engine.Config, stop func()) {
	quiet := sim.DefaultConfig()
	quiet.Agents = sim.Agents{} // nobody else trades
	server, err := sim.Listen("127.0.0.1:0", quiet)
	check(err)
	go func() { _ = server.Serve(context.Background()) }()
	return engine.Config{
		Session:    session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
		Address:    server.Addr().String(), // "" is stream.smarkets.com:3801
		DisableTLS: true,                   // the zero value speaks TLS
		OnStop:     engine.StopCancelAll,   // and Run says if that was not confirmed
	}, func() { _ = server.Close() }
}

func Example_client() {
	settings, stop := exchange()
	defer stop()
	client, err := engine.New(settings)
	check(err)
	client.OnLoggedIn(func(*engine.Event) {
		_, err := client.Ping()
		check(err)
	})
	client.OnPong(func(*engine.Event) {
		fmt.Println("pong")
		client.Stop() // cancels all orders and logs out
	})
	check(client.Run(context.Background())) // nil: the exchange confirmed both
	// Output: pong
}

func Example_settings() {
	settings := engine.Config{
		Session: session.Config{
			Username: "bot@example.com",
			Password: os.Getenv("BOT_PASSWORD"),
		},
		Address:     "stream.smarkets.com:3801",
		DialTimeout: engine.DialTimeout,
		SendTimeout: engine.SendTimeout,
	}
	settings.Session.AccountSequence = 1234 // resume behind what an earlier run handled
	fmt.Println(settings.Session.Username != "", settings.DisableTLS)
	// Output: true false
}

func Example_read() {
	settings, stop := exchange()
	defer stop()
	client, err := engine.New(settings)
	check(err)
	client.OnLoggedIn(func(*engine.Event) { client.Stop() })
	for err == nil {
		err = client.Poll() // reads, dispatches and flushes once, and never waits
	}
	fmt.Println(errors.Is(err, engine.ErrLoggedOut))
	// Output: true
}

func Example_order() {
	settings, stop := exchange()
	defer stop()
	client, err := engine.New(settings)
	check(err)

	var order msg.OrderCreate
	order.SetMarketId(sim.DemoMarket)
	order.SetContractId(sim.DemoHome)
	order.SetSide(msg.SideBuy)
	order.SetPrice(2500)      // 25.00 %
	order.SetQuantity(400000) // a payoff of 40.00
	order.SetTif(msg.GoodTilCancelled)

	placed := false
	client.OnLoggedIn(func(*engine.Event) {
		if placed {
			return // a reconnect is no reason for another order
		}
		placed = true
		_, err := client.SendOrderCreate(&order)
		check(err)
	})
	client.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
		fmt.Println("accepted at", m.GetPrice())
		var cancel msg.OrderCancel
		cancel.SetOrderId(m.GetOrderId())
		_, err := client.SendOrderCancel(&cancel)
		check(err)
	})
	client.OnOrderRejected(func(_ *engine.Event, m *msg.OrderRejected) {
		fmt.Println("rejected:", m.GetReason())
		client.Stop()
	})
	client.OnOrderCancelled(func(_ *engine.Event, m *msg.OrderCancelled) {
		fmt.Println("cancelled:", m.GetReason())
		client.Stop()
	})
	check(client.Run(context.Background()))
	// Output:
	// accepted at 2500
	// cancelled: ORDER_CANCELLED_MEMBER_REQUESTED
}

func Example_handlers() {
	settings, stop := exchange()
	defer stop()
	client, err := engine.New(settings)
	check(err)

	quotes := client.OnMarketQuotes(func(_ *engine.Event, m *msg.MarketQuotes) {
		fmt.Println("quotes of market", m.GetMarketId()) // of one kind
		client.Stop()
	})
	all := client.OnMessage(func(ev *engine.Event) {
		if ev.Payload.GetType() == msg.PayloadMarketQuotes { // of every kind
			fmt.Println("message with sequence", ev.Seq > 0, "and bytes", len(ev.Raw) > 0)
		}
	})
	client.OnPayload(func(*engine.TapRecord) {}) // the bytes of everything, both ways
	muted := client.OnMessage(func(*engine.Event) { fmt.Println("never called") })
	muted.Remove()

	subscribed := false
	client.OnLoggedIn(func(*engine.Event) {
		if subscribed {
			return // after a reconnect the engine subscribes again by itself
		}
		subscribed = true
		var subscribe msg.MarketSubscribe
		subscribe.SetMarketId(sim.DemoMarket)
		_, err := client.SendMarketSubscribe(&subscribe)
		check(err)
	})
	check(client.Run(context.Background()))
	quotes.Remove()
	all.Remove()
	// Output:
	// message with sequence true and bytes true
	// quotes of market 100000
}

func Example_threads() {
	settings, stop := exchange()
	defer stop()
	client, err := engine.New(settings)
	check(err)
	ready := make(chan struct{})
	var once sync.Once // there is a login after each reconnect
	client.OnLoggedIn(func(*engine.Event) { once.Do(func() { close(ready) }) })
	go func() { // a goroutine that is not the loop's
		<-ready
		var order msg.OrderCreate
		order.SetMarketId(sim.DemoMarket)
		order.SetContractId(sim.DemoHome)
		order.SetSide(msg.SideSell)
		order.SetPrice(7500)
		order.SetQuantity(400000)
		var sent engine.Submission
		check(client.Submitter().SendOrderCreate(&order, &sent))
		_, err := sent.Wait(context.Background())
		fmt.Println("sent:", err)
		client.Stop()
	}()
	check(client.Run(context.Background()))
	// Output: sent: <nil>
}

func Example_socket() {
	settings, stop := exchange()
	defer stop()
	settings.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if tcp, ok := conn.(*net.TCPConn); ok {
			err = errors.Join(err, tcp.SetReadBuffer(1<<20)) // the raw socket, before anyone uses it
		}
		return conn, err
	}
	client, err := engine.New(settings)
	check(err)
	client.OnLoggedIn(func(*engine.Event) {
		fmt.Println(client.State().LoggedIn(), client.Stats().Epoch)
		client.Stop()
	})
	check(client.Run(context.Background()))
	// Output: true 1
}

func Example_exceptions() {
	settings, stop := exchange()
	defer stop()
	settings.Session.Password = "wrong"
	client, err := engine.New(settings)
	check(err)
	err = client.Run(context.Background())

	var logout *session.LogoutError
	var protocol *session.ProtocolError
	switch {
	case errors.As(err, &logout): // LoginError
		fmt.Println(logout.Reason)
	case errors.As(err, &protocol): // DecodeError, ParseError
		fmt.Println("message", protocol.Message, "is not the protocol:", protocol.Err)
	case errors.Is(err, engine.ErrClosed):
		fmt.Println("closed")
	}
	// Output: LOGOUT_UNAUTHORISED
}

func Example_connectionError() {
	settings := engine.Config{
		Session: session.Config{Username: "u", Password: "p"},
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("no route")
		},
	}
	client, err := engine.New(settings)
	check(err)
	client.OnState(func(ev *engine.Event) { // the engine tries again by itself
		var dial *engine.DialError
		if errors.As(ev.Cause, &dial) { // ConnectionError
			fmt.Println(engine.CauseOf(ev.Cause), dial.Err)
			check(client.Close())
		}
	})
	fmt.Println(errors.Is(client.Run(context.Background()), engine.ErrClosed))
	// Output:
	// dial no route
	// true
}
