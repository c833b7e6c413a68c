package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// stopAfter is a buffer that calls stop when so many fills were printed.
type stopAfter struct {
	bytes.Buffer
	fills int
	stop  func()
	ends  string // what calls end when it is printed
	end   func()
}

func (w *stopAfter) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte("filled")) {
		if w.fills--; w.fills == 0 {
			w.stop()
		}
	}
	if w.end != nil && bytes.HasPrefix(b, []byte(w.ends)) {
		w.end()
	}
	return w.Buffer.Write(b)
}

// TestMaker makes a market until a few fills have come, and again with what the first left in its state file. No order
// is left.
func TestMaker(t *testing.T) {
	exchange, err := sim.Listen("127.0.0.1:0", sim.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- exchange.Serve(context.Background()) }()
	state := filepath.Join(t.TempDir(), "state")
	for _, c := range []struct{ address, state string }{
		{"", ""}, {exchange.Addr().String(), state}, {exchange.Addr().String(), state},
	} {
		ctx, stop := context.WithCancel(t.Context())
		out := &stopAfter{fills: 3, stop: stop}
		err := run(ctx, c.address, c.state, strings.NewReader(""), out)
		stop()
		text := out.String()
		if err != nil || !regexp.MustCompile(`(?m)^\d+ fills, worst case .* active$`).MatchString(text) ||
			regexp.MustCompile(`may be live|no quote|risk:`).MatchString(text) {
			t.Errorf("%v\n%s", err, text)
		}
		t.Log(text)
	}
	truth, _ := exchange.Truth(sim.DemoUsername)
	if err := errors.Join(exchange.Close(), <-served); err != nil || truth.Live != 0 || len(truth.Positions) == 0 {
		t.Errorf("%v, %+v", err, truth)
	}
}

// TestQuotes asks for the quotes around every price, whatever is held and however strongly that counts: each is one
// that can be, and nothing is quoted whose fills would add to more than the limit.
func TestQuotes(t *testing.T) {
	defer func(was int) { *skew = was }(*skew)
	quoter, err := quote.New(quote.Config{Contracts: 1, Levels: 2})
	if err != nil {
		t.Fatal(err)
	}
	quoted := 0
	for _, *skew = range []int{0, 30, 5000, -5000} {
		for held := -10 * size; held <= 10*size; held += size / 2 {
			for fair := odds.PriceMin; fair <= odds.PriceMax; fair++ {
				bids, asks := quotes(fair, held)
				quoted += len(bids) + len(asks)
				err := quoter.SetLevels(quote.Contract{Market: 1, ID: 1}, bids, asks, quote.Tolerance{})
				most, least := held, held
				for _, l := range bids {
					most += l.Size
				}
				for _, l := range asks {
					least -= l.Size
				}
				if err != nil || most > max(holdMax, held) || least < min(-holdMax, held) {
					t.Fatalf("%v at %d with %v held: %v and %v", err, uint16(fair), held, bids, asks)
				}
			}
		}
	}
	if quoted == 0 {
		t.Error("nothing is quoted")
	}
}

// TestMakerContracts quotes the contracts that it is told, and no others of their market.
func TestMakerContracts(t *testing.T) {
	exchange, err := sim.Listen("127.0.0.1:0", sim.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- exchange.Serve(context.Background()) }()
	defer func(all []uint32) { contracts = all }(contracts)
	contracts = []uint32{sim.DemoHome}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &stopAfter{fills: 3, stop: stop}
	if err := run(ctx, exchange.Addr().String(), "", strings.NewReader(""), out); err != nil {
		t.Error(err)
	}
	truth, _ := exchange.Truth(sim.DemoUsername)
	if err := errors.Join(exchange.Close(), <-served); err != nil || len(truth.Positions) == 0 {
		t.Errorf("%v, %+v", err, truth)
	}
	for _, p := range truth.Positions {
		if p.Contract != sim.DemoHome && p.Net != 0 {
			t.Errorf("a position in contract %d", p.Contract)
		}
	}
}

// TestMakerPulls has quotes refused, here for having more levels than there is room for: those before do not stay.
func TestMakerPulls(t *testing.T) {
	exchange, err := sim.Listen("127.0.0.1:0", sim.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- exchange.Serve(context.Background()) }()
	c := engine.Config{
		Address: exchange.Addr().String(), DisableTLS: true,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
	}
	c.State.Quotes.Levels = 1
	bot, err := engine.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	m := &maker{Engine: bot, out: &out}
	books, live := 0, 0
	bot.OnBook(func(c book.Contract) {
		if c.ID() != sim.DemoHome {
			return
		}
		before := []quote.Level{{Price: 100, Size: size}}
		if err := bot.QuoteLevels(market, c.ID(), before, nil, quote.Tolerance{}); err != nil {
			t.Error(err)
		}
		m.book(c)
		for range bot.Orders() {
			live++
		}
		if books++; books == 5 {
			bot.Stop()
		}
	})
	if err := bot.Subscribe(market); err != nil {
		t.Fatal(err)
	}
	err = bot.Run(t.Context())
	if err := errors.Join(err, exchange.Close(), <-served); err != nil {
		t.Error(err)
	}
	if live != 0 || !strings.Contains(out.String(), "no quote:") {
		t.Errorf("%d live orders: %s", live, &out)
	}
}

// TestMakerHalts stops quoting at a person's word.
func TestMakerHalts(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	words, write := io.Pipe()
	out := &stopAfter{fills: 3, stop: func() {
		go func() {
			_, _ = io.WriteString(write, "halt\n")
			_ = write.Close()
		}()
	}, ends: "risk: kill switch flat", end: stop}
	err := run(ctx, "", "", words, out)
	text := out.String()
	if err != nil || !strings.Contains(text, "risk: mode halted, was active: api: console\n") {
		t.Errorf("%v\n%s", err, text)
	}
}
