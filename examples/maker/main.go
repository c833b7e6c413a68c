// Maker makes a market: it quotes both sides of three contracts around the price of the others, moved against what it
// holds, within limits, until Ctrl-C, after which no order is left.
//
//	go run ./examples/maker                                     against a simulator of its own
//	go run ./examples/maker -addr host:port -state maker.state  against another; a restart goes on where it ended
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// What is quoted, and how. Prices are in 1/100 %, quantities are payoff in 1/10000 of the currency.
const (
	market                = sim.DemoMarket
	size    odds.Quantity = 250_000  // a payoff of 25.00 at the first level of each side, twice that at the second
	spread  odds.Price    = 60       // from the fair price to the first level, 0.60 %
	step    odds.Price    = 100      // from one level to the next
	holdMax               = 8 * size // nothing is quoted that would add to more
)

var (
	contracts = []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway}
	skew      = flag.Int("skew", 30, "how much lower to quote for each size that is held, in 1/100 %")
	record    = flag.String("journal", "", "folder to record the run in, for smk journal and smk backtest")
)

// limits hold for whatever is sent, by quotes or by hand. They may as well be in a file: see package config.
var limits = risk.Config{
	OrderQuantityMax:  3 * size,
	MarketExposureMax: 300 * 1e8,        // money is in 1e-8 of the currency: the worst case of the market is 300.00
	LossMax:           200 * 1e8,        // a realised loss of 200.00 throws the kill switch,
	DriftMax:          1e7,              // and so does a balance that differs from the exchange's by more than 0.10,
	Watchdog:          10 * time.Second, // and a strategy that does not call Beat any more
	OrdersMax:         20,
	RefuseSelfCross:   true,
	Rate:              100, // messages a second
	Markets:           []uint32{market},
}

func main() {
	address := flag.String("addr", "", "exchange to trade on, without TLS; one of its own if empty")
	state := flag.String("state", "", "file that keeps orders, positions and money for the next start")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	if err := run(ctx, *address, *state, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "maker:", err)
		os.Exit(1)
	}
}

// run makes the market until ctx ends.
func run(ctx context.Context, address, state string, in io.Reader, out io.Writer) error {
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
			AccountFromStart:   true, // orders and positions of earlier runs count,
			RequireCaughtUp:    true, // and nothing leaves before they are known
			CancelAllOnFailure: true, // the exchange cancels if we are not heard any more
		},
		State: engine.StateConfig{
			Risk:   limits,
			Quotes: quote.Config{Levels: 2},
			File:   state, DurableIntents: state != "", // kill -9 forgets nothing
			HaltIncomplete: order.MessagesLost | order.SequenceReset | order.Overflowed, // positions may be wrong
			OnUnresolved:   engine.CancelUnresolvedMarket,                               // an order that stays in doubt
		},
		CancelAllOnPanic: true,
		Journal:          journal.Config{Dir: *record},
		Logger:           slog.New(slog.NewTextHandler(os.Stderr, nil)), // has doubts, drift, gaps, halts
	})
	if err != nil {
		return err
	}
	m := &maker{Engine: bot, out: out}
	bot.OnBook(m.book)
	bot.OnFill(m.fill)
	bot.OnRisk(func(ev risk.Event) { fmt.Fprintln(out, "risk:", ev) })
	if err := bot.Subscribe(market); err != nil { // now, and after each reconnect
		return err
	}
	if _, err := bot.Every(time.Second, bot.Beat); err != nil { // the strategy is alive as long as the loop is
		return err
	}
	if _, err := bot.Every(10*time.Second, m.report); err != nil {
		return err
	}
	go console(bot, in, out)
	// Without an error all orders are gone, and the exchange has confirmed it.
	left, err := bot.RunUntilFlat(ctx, 10*time.Second)
	for _, o := range left {
		fmt.Fprintf(out, "may be live: order %d, %v %v at %v, %v\n", o.ID, o.Side, o.Available, o.Price, o.State)
	}
	m.report()
	return err
}

// maker is the bot. Its methods are called by the engine's loop, one at a time.
type maker struct {
	*engine.Engine
	out   io.Writer
	fills int
}

// book is called with each book that changes: quote around its price. The engine sends only what differs from the
// orders that are there, and pulls them by itself while the book, the account or the connection cannot be relied on.
func (m *maker) book(c book.Contract) {
	if !slices.Contains(contracts, c.ID()) {
		return
	}
	fair, ok := c.WithoutOwn().MidPrice() // our own quotes are no opinion of the market
	if !ok {
		m.Pull(market, c.ID())
		return
	}
	p := m.Position(market, c.ID())
	bids, asks := quotes(fair, p.Final+p.Provisional) // the latter may still be voided
	if err := m.QuoteLevels(market, c.ID(), bids, asks, quote.Tolerance{Price: spread / 4}); err != nil {
		fmt.Fprintln(m.out, "no quote:", err)
		m.Pull(market, c.ID()) // else the quotes before stay, at a price that is not fair any more
	}
}

// quotes returns what to quote around a fair price. Who has bought a lot quotes lower, to sell.
func quotes(fair odds.Price, held odds.Quantity) (bids, asks []quote.Level) {
	middle := int(fair) - int(held/size)**skew
	for i, toBuy, toSell := 0, holdMax-held, holdMax+held; i < 2; i++ {
		away, n := int(spread)+i*int(step), size*odds.Quantity(i+1)
		if bid, err := odds.NewPrice(uint32(middle - away)); err == nil && toBuy >= n { // else beyond the scale
			bids, toBuy = append(bids, quote.Level{Price: bid, Size: n}), toBuy-n
		}
		if ask, err := odds.NewPrice(uint32(middle + away)); err == nil && toSell >= n {
			asks, toSell = append(asks, quote.Level{Price: ask, Size: n}), toSell-n
		}
	}
	return bids, asks
}

// fill is called for each execution of an own order: the position has changed, and so have the quotes.
func (m *maker) fill(o *order.Order, f order.Fill) {
	m.fills++
	fmt.Fprintf(m.out, "filled: %v %v at %v, provisional %t\n", o.Side, f.Quantity, f.Price, f.Provisional)
	if c, ok := m.Book(o.Market, o.Contract); ok {
		m.book(c)
	}
}

// report says what came of it.
func (m *maker) report() {
	a := m.Account()
	fmt.Fprintf(m.out, "%d fills, worst case %v, realised %v, %v\n", m.fills, a.WorstCase, a.Realised, m.Mode().Mode)
	for _, c := range contracts {
		fmt.Fprintf(m.out, "  contract %d: position %v\n", c, m.Position(market, c).Final)
	}
	for o := range m.Outcomes(market) {
		fmt.Fprintf(m.out, "  if contract %d wins (0 is any other): %v\n", o.Contract, o.Net)
	}
}

// console takes the words halt and resume, on a goroutine of its own: only Halt may be called by any.
func console(bot *engine.Engine, in io.Reader, out io.Writer) {
	for words := bufio.NewScanner(in); words.Scan(); {
		switch words.Text() {
		case "halt": // no order leaves from now on, and all are cancelled
			_ = bot.Halt("console") // OnRisk's handler says how far it is
		case "resume":
			_ = bot.Submitter().Do(func() { fmt.Fprintln(out, "resume:", bot.Resume("console")) }, nil)
		}
	}
}
