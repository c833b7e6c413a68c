package docs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

func Example_botRisk() {
	server := simulator()
	defer server.Close()
	settings := botConfig(server.Addr().String())
	settings.State.Risk = risk.Config{
		OrderQuantityMax:  500_000,    // a payoff of 50.00
		MarketExposureMax: 30 * 1e8,   // the worst case of a market, 30.00
		OrdersMax:         10,         // open at a time
		RefuseSelfCross:   true,       // never trade with ourselves
		LossMax:           100 * 1e8,  // a realised loss of 100.00 throws the kill switch
		DriftMax:          10_000_000, // and so do amounts that differ from the exchange's by more than 0.10
		Rate:              50,         // messages a second
		Markets:           []uint32{sim.DemoMarket},
	}
	bot, err := engine.New(settings)
	check(err)

	bot.OnCaughtUp(once(func() {
		large := backHome(5000)
		large.Quantity = 600_000
		_, err := bot.Place(large)
		var refusal *risk.Refusal
		if errors.As(err, &refusal) { // nothing was sent
			fmt.Println(refusal.Limit, "max", refusal.Max, "value", refusal.Value)
		}
		_, err = bot.Place(backHome(5000)) // can lose 20.00
		fmt.Println(err)
		_, err = bot.Place(backHome(4900)) // with it, 39.60
		fmt.Println(errors.Is(err, risk.LimitMarketExposure))
		sell := backHome(5000)
		sell.Side, sell.Quantity = odds.Sell, 100_000
		_, err = bot.Place(sell)
		fmt.Println(errors.Is(err, risk.LimitSelfCross), errors.Is(err, risk.ErrRefused))
		bot.Stop()
	}))
	check(bot.Run(context.Background()))
	// Output:
	// order quantity max 500000 value 600000
	// <nil>
	// true
	// true true
}

func Example_botHalt() {
	server := simulator()
	defer server.Close()
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)

	bot.OnCaughtUp(once(func() {
		_, err := bot.Place(backHome(5000))
		check(err)
	}))
	bot.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
		check(bot.Halt("a person pressed the button")) // any goroutine
		_, err := bot.Place(backHome(4000))
		fmt.Println(bot.Mode().Mode, errors.Is(err, risk.LimitHalted))
		fmt.Println(bot.Resume("too early"))
	})
	bot.OnRisk(func(ev risk.Event) {
		switch {
		case ev.Kind == risk.ModeChanged:
			fmt.Println("mode:", ev.Mode, "because:", ev.Cause.Reason)
		case ev.Kind == risk.KillChanged:
			fmt.Println("kill switch:", ev.Kill, "open:", ev.Open, "in doubt:", ev.InDoubt)
		default:
			fmt.Println(ev.Kind, ev.Amount)
		}
		if ev.Kill == risk.KillFlat {
			check(bot.Resume("the button was released"))
			fmt.Println(bot.Mode().Mode)
			bot.Stop()
		}
	})
	check(bot.Run(context.Background()))
	// Output:
	// halted true
	// risk: kill switch is at work
	// mode: halted because: a person pressed the button
	// kill switch: asking open: 1 in doubt: 0
	// kill switch: waiting open: 1 in doubt: 0
	// kill switch: flat open: 0 in doubt: 0
	// active
	// mode: active because: the button was released
}

func Example_botEnd() {
	server := simulator()
	defer server.Close()
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer context.AfterFunc(ctx, stop)() // a second Ctrl-C does not wait

	bot.OnCaughtUp(once(func() {
		_, err := bot.Place(backHome(5000))
		check(err)
	}))
	bot.OnOrder(func(o *order.Order, ev *order.Event) {
		if ev.State != 0 {
			fmt.Println(ev.Kind)
		}
		if ev.Kind == order.OrderAccepted {
			stop() // as Ctrl-C does
		}
	})
	left, err := bot.RunUntilFlat(ctx, 10*time.Second)
	for _, o := range left {
		fmt.Println("may be live:", o.ID, o.Side, o.Price, o.Available, o.Overlay)
	}
	fmt.Println(len(left), err)
	// Output:
	// order accepted
	// order cancelled
	// 0 <nil>
}

func Example_botFigures() {
	server := simulator()
	defer server.Close()
	rival(server, msg.SideSell, 5000, 400_000)
	settings := botConfig(server.Addr().String())
	settings.State.Orders.Commission = 200 // 2 %
	bot, err := engine.New(settings)
	check(err)

	bot.OnCaughtUp(once(func() {
		_, err := bot.Place(backHome(5000)) // taken at once
		check(err)
	}))
	bot.OnFill(func(*order.Order, order.Fill) {
		c := bot.Completeness()
		fmt.Println("complete:", c.Complete, "because:", c.Why)
		bot.Stop()
	})
	check(bot.Run(context.Background()))

	p := bot.Position(sim.DemoMarket, sim.DemoHome)
	fmt.Println("position", p.Final, "if it wins", p.IfWins, "if it loses", p.IfLoses)
	for o := range bot.Outcomes(sim.DemoMarket) {
		fmt.Println("contract", o.Contract, "gross", o.Gross, "commission", o.Commission, "net", o.Net)
	}
	a := bot.Account()
	fmt.Println("cash", a.Cash, "available", a.Available, "worst case", a.WorstCase)
	// Output:
	// complete: false because: catching up lacked something
	// position 40.00 if it wins 20.00 if it loses -20.00
	// contract 200000 gross 20.00 commission 0.40 net 19.60
	// contract 0 gross -20.00 commission 0.00 net -20.00
	// cash 10000.00 available 9980.00 worst case 20.00
}

func Example_botRestart() {
	server := simulator()
	defer server.Close()
	folder, err := os.MkdirTemp("", "bot")
	check(err)
	defer os.RemoveAll(folder)
	settings := botConfig(server.Addr().String())
	settings.State.File = filepath.Join(folder, "state")
	settings.State.DurableIntents = true // kill -9 forgets nothing
	settings.OnStop = engine.StopLeave

	first, err := engine.New(settings)
	check(err)
	first.OnRecovery(func(r engine.Recovery) { fmt.Println("first start, a file:", r.Found) })
	first.OnCaughtUp(once(func() {
		_, err := first.Place(backHome(5000))
		check(err)
	}))
	var reference uint64
	first.OnOrder(func(o *order.Order, ev *order.Event) {
		if ev.Kind == order.OrderAccepted {
			reference = o.Reference
			first.Stop() // a kill would do as well
		}
	})
	check(first.Run(context.Background()))
	rival(server, msg.SideSell, 5000, 300_000) // trades with our order while we are away

	second, err := engine.New(settings)
	check(err)
	second.OnRecovery(func(r engine.Recovery) {
		fmt.Println("live before:", r.Live, "in doubt:", r.InDoubt)
		fmt.Println("meanwhile fills:", r.Fills, "ended:", r.Ended, "complete:", r.Complete, "unknown:", len(r.Unknown))
	})
	second.OnCaughtUp(func(*engine.Event) {
		fmt.Println("position", second.Position(sim.DemoMarket, sim.DemoHome).Final)
		p := second.Placed(reference)
		fmt.Println("ours:", !p.Order().Foreign, p.Order().State, "available", p.Order().Available)
		check(p.Cancel())
	})
	second.OnOrder(func(o *order.Order, ev *order.Event) {
		if ev.Kind == order.OrderCancelled {
			second.Stop()
		}
	})
	check(second.Run(context.Background()))
	// Output:
	// first start, a file: false
	// live before: 1 in doubt: 0
	// meanwhile fills: 1 ended: 0 complete: true unknown: 0
	// position 30.00
	// ours: true partially filled available 10.00
}

func Example_botGoroutines() {
	server := simulator()
	defer server.Close()
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)
	ready := make(chan struct{})
	bot.OnCaughtUp(once(func() { close(ready) }))

	go func() { // a web server, a model, a console
		<-ready
		var placed engine.Placed
		var refused error
		var done engine.Submission
		check(bot.Submitter().Do(func() { // runs on the loop, between two events
			placed, refused = bot.Place(backHome(5000))
		}, &done))
		_, err := done.Wait(context.Background())
		fmt.Println(err, refused, placed.Reference() != 0)
		var copied engine.Snapshot // keep it for the next time: it keeps its memory
		check(bot.Submitter().Snapshot(context.Background(), &copied))
		fmt.Println(len(copied.Orders), copied.Account.WorstCase, copied.Mode.Mode)
		check(bot.Halt("console")) // any goroutine
		bot.Stop()
	}()
	check(bot.Run(context.Background()))
	// Output:
	// <nil> <nil> true
	// 1 20.00 active
}

// TestBot lets a bot quote for ten minutes of virtual time, which takes a moment, and compares what it knows with what
// the exchange knows.
func TestBot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := sim.Local(sim.DefaultConfig()) // no sockets; with other participants
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(context.Background()) }()
		settings := botConfig("exchange.test:1")
		settings.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) }
		bot, err := engine.New(settings)
		if err != nil {
			t.Fatal(err)
		}
		newMaker(bot)
		watch(bot, t.Output())
		fills := 0
		bot.OnFill(func(*order.Order, order.Fill) { fills++ })

		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		left, err := bot.RunUntilFlat(ctx, 10*time.Second)
		if err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
		truth, _ := server.Truth(sim.DemoUsername)
		if fills == 0 || truth.Live != 0 || int64(bot.Account().Cash) != int64(truth.Cash) {
			t.Errorf("%d fills, %d live orders, cash %v of %v", fills, truth.Live, bot.Account().Cash, truth.Cash)
		}
		for _, p := range truth.Positions {
			if have := bot.Position(p.Market, p.Contract); int64(have.Final) != p.Net {
				t.Errorf("contract %d: position %d, on the exchange %d", p.Contract, have.Final, p.Net)
			}
		}
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
}

// maker is the smallest market maker: quotes around the price of the others.
type maker struct{ bot *engine.Engine }

// newMaker registers a maker's handlers.
func newMaker(bot *engine.Engine) {
	m := maker{bot}
	bot.OnBook(m.book)
	check(bot.Subscribe(sim.DemoMarket)) // and after each reconnect
}

func (m maker) book(c book.Contract) {
	if c.ID() != sim.DemoHome {
		return
	}
	fair, ok := c.WithoutOwn().MidPrice()
	if !ok {
		m.bot.Pull(c.Market(), c.ID())
		return
	}
	q := quote.Two{Size: 400_000, Tolerance: 20}
	p := m.bot.Position(c.Market(), c.ID())
	held := p.Final + p.Provisional
	if held < 4_000_000 && fair > 60 {
		q.Bid = fair - 60
	}
	if held > -4_000_000 && fair < 9900 {
		q.Ask = fair + 60
	}
	check(m.bot.Quote(c.Market(), c.ID(), q))
}
