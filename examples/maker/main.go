// Maker quotes both sides of a contract: around the market's price without its own orders, moved against what it
// holds, within limits, until Ctrl-C, after which no order is left.
//
//	go run ./examples/maker                  against a simulator of its own
//	go run ./examples/maker -addr host:port  against another one, by smk sim for example
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// What is quoted, and how.
const (
	market   = sim.DemoMarket
	contract = sim.DemoHome

	size    odds.Quantity = 500_000   // a payoff of 50.00 on each side
	spread  odds.Price    = 60        // from the fair price to each quote, 0.60 %
	skew                  = 40        // hundredths of a percent for each size that is held
	holdMax odds.Quantity = 4 * size  // quotes that would add to more are not made
	lossMax odds.Money    = 200 * 1e8 // the worst case of the market, 200.00
)

func main() {
	address := flag.String("addr", "", "exchange to trade on, without TLS; one of its own if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *address, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "maker:", err)
		os.Exit(1)
	}
}

// run makes the market until ctx ends.
func run(ctx context.Context, address string, out io.Writer) error {
	if address == "" {
		exchange, err := sim.Listen("127.0.0.1:0", sim.DefaultConfig()) // with other participants
		if err != nil {
			return err
		}
		defer exchange.Close()
		go exchange.Serve(context.Background())
		address = exchange.Addr().String()
	}
	bot, err := engine.New(engine.Config{
		Address: address, DisableTLS: true, // leave both out for the real exchange
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword,
			AccountFromStart:   true, // orders and positions of earlier runs count
			CancelAllOnFailure: true, // the exchange cancels if we are not heard any more
			RequireCaughtUp:    true, // no order before we know what became of earlier ones
		},
		State: engine.StateConfig{
			Risk: risk.Config{
				OrderQuantityMax: size, MarketExposureMax: lossMax, OrdersMax: 8,
				RefuseSelfCross: true, Rate: 50,
			},
		},
		CancelAllOnPanic: true,
	})
	if err != nil {
		return err
	}
	m := &maker{engine: bot, out: out}
	bot.OnLoggedIn(m.subscribe)
	bot.OnBook(m.book)
	bot.OnFill(m.fill)
	bot.OnOrder(m.order)

	left, err := bot.RunUntilFlat(ctx, 10*time.Second)
	for _, o := range left {
		fmt.Fprintf(out, "may be live: %v %v at %v, %v\n", o.Side, o.Available, o.Price, o.State)
	}
	m.report()
	return err
}

// maker is the bot. Its methods are called by the engine's loop, one at a time.
type maker struct {
	engine *engine.Engine
	out    io.Writer
	fills  int
}

// subscribe asks for the market's book, once: after a reconnect the engine does.
func (m *maker) subscribe(ev *engine.Event) {
	if ev.Epoch > 1 {
		return
	}
	var s msg.MarketSubscribe
	s.SetMarketId(market)
	if _, err := m.engine.SendMarketSubscribe(&s); err != nil {
		fmt.Fprintln(m.out, "not subscribed:", err)
	}
}

// book is called when a book has changed: quote around its price. The engine sends only what changes, and
// withdraws quotes by itself while the book cannot be trusted.
func (m *maker) book(c book.Contract) {
	if c.Market() != market || c.ID() != contract {
		return
	}
	fair, ok := c.WithoutOwn().Mid() // our own quotes are no opinion of the market
	if !ok {
		m.engine.Pull(market, contract)
		return
	}
	if err := m.engine.Quote(market, contract, m.quotes(odds.Price(fair/10_000))); err != nil {
		fmt.Fprintln(m.out, "no quote:", err)
	}
}

// quotes returns what to quote around a fair price. Whoever has bought a lot quotes lower, to sell.
func (m *maker) quotes(fair odds.Price) quote.Two {
	p := m.engine.Position(market, contract)
	held := p.Final + p.Provisional
	move := int(held/size) * skew
	bid, ask := int(fair)-int(spread)-move, int(fair)+int(spread)-move
	q := quote.Two{Size: size, Tolerance: spread / 4}
	if held < holdMax && bid >= int(odds.PriceMin) {
		q.Bid = odds.Price(bid)
	}
	if held > -holdMax && ask <= int(odds.PriceMax) {
		q.Ask = odds.Price(ask)
	}
	return q
}

// fill is called for each execution of an own order.
func (m *maker) fill(o *order.Order, f order.Fill) {
	m.fills++
	fmt.Fprintf(m.out, "filled: %v %v at %v, provisional %t\n", o.Side, f.Quantity, f.Price, f.Provisional)
}

// order is called for everything else: here only what a human should see.
func (m *maker) order(_ *order.Order, ev *order.Event) {
	switch ev.Kind {
	case order.DoubtBegan, order.MissedFill, order.Drift, order.Anomaly, order.Overflow:
		fmt.Fprintf(m.out, "look: %v, expected %d, reported %d\n", ev.Kind, ev.Expected, ev.Reported)
		if ev.Kind == order.Overflow {
			m.engine.Halt("positions are not complete")
		}
	}
}

// report says what came of it.
func (m *maker) report() {
	p := m.engine.Position(market, contract)
	fmt.Fprintf(m.out, "%d fills, position %v\n", m.fills, p.Final+p.Provisional)
	for o := range m.engine.Outcomes(market) {
		fmt.Fprintf(m.out, "if contract %d wins: %v\n", o.Contract, o.Net)
	}
}
