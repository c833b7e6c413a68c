package standby_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smknats"
	"github.com/smk-go/smk/plugin/smknats/lease"
	"github.com/smk-go/smk/plugin/smknats/standby"
	"github.com/smk-go/smk/sim"
)

// botSettings say what a bot needs; a process gets them as JSON in the variable botVariable.
type botSettings struct {
	Name, NATS, Exchange string
	TTL                  time.Duration
	Journal              string // folder, "" for no log
}

const botVariable = "STANDBY_TEST_BOT"

// line is what a bot says on its standard output.
type line struct {
	Event string    `json:"event"`
	Term  uint64    `json:"term,omitempty"`
	Err   string    `json:"err,omitempty"`
	At    time.Time `json:"at"`
	Live  []uint64  `json:"live,omitempty"` // at its end: orders that it knows to be live
	Doubt int       `json:"doubt,omitempty"`
	Bad   []string  `json:"bad,omitempty"` // what must not be
}

// TestMain is the tests, or a bot in a process of its own.
func TestMain(m *testing.M) {
	settings := os.Getenv(botVariable)
	if settings == "" {
		os.Exit(m.Run())
	}
	var s botSettings
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() { // a parent that is gone ends the bot
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	if err := s.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, s.Name, err)
		os.Exit(1)
	}
}

// bot trades: it places an order every few milliseconds, and cancels the oldest beyond a number.
type bot struct {
	*engine.Engine
	term standby.Term
	n    int
	bad  []string
}

const (
	botEvery  = 5 * time.Millisecond
	botOrders = 20
)

// run runs a bot until ctx ends, and writes what happens.
func (s botSettings) run(ctx context.Context, out io.Writer) error {
	nc, err := nats.Connect(s.NATS, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond),
		nats.RetryOnFailedConnect(true), nats.IgnoreDiscoveredServers())
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(l line) {
		b, err := json.Marshal(l)
		if err != nil {
			panic(err)
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = out.Write(append(b, '\n'))
	}
	var newest *bot
	c := s.config(js)
	c.Start = func(e *engine.Engine, t standby.Term) error {
		newest = &bot{Engine: e, term: t}
		return newest.start()
	}
	c.Observe = func(ev standby.Event) {
		l := line{Event: ev.Kind.String(), Term: ev.Term, At: ev.At}
		if ev.Err != nil {
			l.Err = ev.Err.Error()
		}
		if ev.Kind == standby.Ended && newest != nil && newest.term.Number == ev.Term {
			l.Bad, l.Doubt = newest.bad, 0
			for o := range newest.Orders() {
				if o.ID != 0 {
					l.Live = append(l.Live, o.ID)
				} else {
					l.Doubt++
				}
			}
		}
		say(l)
	}
	return standby.Run(ctx, c)
}

// config is the standby's, without Start and Observe.
func (s botSettings) config(js jetstream.JetStream) standby.Config {
	c := standby.Config{
		Lease: lease.Config{JetStream: js, Environment: "test", Account: "demo", Name: s.Name, TTL: s.TTL},
		Engine: engine.Config{
			Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, s.Exchange) // each bot has a gate of its own
			},
			Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
			State: engine.StateConfig{
				Orders:    order.Config{Orders: 1024, Retained: 4096, Fills: 4096, Contracts: 16},
				SaveEvery: 100 * time.Millisecond,
			},
		},
	}
	if os.Getenv("STANDBY_TEST_LOG") != "" {
		c.Engine.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("bot", s.Name)
	}
	if s.Journal != "" {
		c.Engine.Journal.Dir, c.Log = s.Journal, &smknats.Config{DisableBooks: true, DisableOrders: true}
	}
	return c
}

func (b *bot) start() error {
	b.OnRecovery(func(r engine.Recovery) {
		known := false
		for range b.Orders() {
			known = true
		}
		if known && !b.term.State || b.term.State != r.Found {
			b.bad = append(b.bad, fmt.Sprintf("the state of the term before is missing: %+v", r))
		}
		if b.term.State && !r.Complete {
			b.bad = append(b.bad, fmt.Sprintf("recovery is not complete: %v", r.Cause))
		}
	})
	b.OnOrder(func(o *order.Order, ev *order.Event) {
		// A process that was stopped reads, as it wakes, what the exchange has said of the orders of the next term.
		if o.Foreign && engine.TermOf(o.Reference) <= b.term.Number && len(b.bad) < 10 {
			b.bad = append(b.bad, fmt.Sprintf("order %d of term %d is foreign", o.ID, engine.TermOf(o.Reference)))
		}
	})
	_, err := b.Every(botEvery, b.trade)
	return err
}

// trade does one thing.
func (b *bot) trade() {
	b.n++
	live := 0
	var oldest *order.Order
	for o := range b.Orders() {
		if live++; o.ID != 0 && o.State == order.Live && (oldest == nil || o.ID < oldest.ID) {
			oldest = o
		}
	}
	var err error
	if live > botOrders && oldest != nil {
		err = b.Placed(oldest.Reference).Cancel()
	} else {
		_, err = b.Place(order.Limit{
			Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: odds.Price(500 + 10*(b.n%50)),
			Quantity: 10_000,
		})
	}
	if err != nil && !session.SafeToResend(err) && len(b.bad) < 10 {
		b.bad = append(b.bad, err.Error())
	}
}

// lines reads what a bot says.
func lines(r io.Reader, each func(line)) error {
	for in := bufio.NewScanner(r); in.Scan(); {
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			return errors.Join(err, errors.New(in.Text()))
		}
		each(l)
	}
	return nil
}
