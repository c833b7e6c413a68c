package smkcontrol_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smkcontrol"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

const (
	token    = "a token of the test"
	patience = time.Minute
)

// bot is a bot with a control server, on an exchange of its own.
type bot struct {
	t       *testing.T
	server  *sim.Server
	engine  *engine.Engine
	control *smkcontrol.Server
}

func newBot(t *testing.T) *bot {
	t.Helper()
	return newBotBy(t, nil)
}

// newBotBy is newBot with a network of its own, if dial is not nil.
func newBotBy(t *testing.T, dial func(ctx context.Context, network, address string) (net.Conn, error)) *bot {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents = sim.Agents{}
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	b := &bot{t: t, server: server}
	b.engine, err = engine.New(engine.Config{
		Address: server.Addr().String(), DisableTLS: true, Dial: dial,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
		State:   engine.StateConfig{Risk: risk.Config{RefuseSelfCross: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	b.engine.OnCaughtUp(func(*engine.Event) {
		if err := b.engine.Subscribe(sim.DemoMarket); err != nil {
			t.Error(err)
		}
	})
	b.engine.OnBook(func(book.Contract) {
		select {
		case <-ready:
		default:
			close(ready)
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	served, ran := make(chan error, 1), make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	go func() { ran <- b.engine.Run(ctx) }()
	b.control, err = smkcontrol.Listen(b.engine, smkcontrol.Config{Address: "127.0.0.1:0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.control.Close(); err != nil {
			t.Error(err)
		}
		b.engine.Stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		cancel()
		if err := errors.Join(<-served, server.Close()); err != nil {
			t.Error(err)
		}
	})
	b.offer(msg.SideSell, 5000, 500_000) // a first level, for the book to be there
	select {
	case <-ready:
	case err := <-ran:
		t.Fatal(err)
	}
	return b
}

// offer has the rival place an order.
func (b *bot) offer(side msg.Side, price uint32, quantity uint64) {
	b.server.Do(func(s *sim.Sim) {
		s.Exchange.Submit("rival", exchange.Create{
			Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price, Quantity: quantity,
		})
	})
}

func (b *bot) place(side odds.Side, price odds.Price, quantity odds.Quantity) {
	b.t.Helper()
	var err error
	done := make(chan struct{})
	if submit := b.engine.Submitter().Do(func() {
		defer close(done)
		_, err = b.engine.Place(order.Limit{
			Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price, Quantity: quantity,
		})
	}, nil); submit != nil {
		b.t.Fatal(submit)
	}
	if <-done; err != nil {
		b.t.Fatal(err)
	}
}

// ask sends a request.
func (b *bot) ask(method, path, body string, change func(*http.Request)) (int, smkcontrol.Answer) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.control.URL()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var a smkcontrol.Answer
	_ = json.Unmarshal(text, &a)
	if strings.Contains(string(text), token) {
		b.t.Errorf("%s: the answer has the token", path)
	}
	return answer.StatusCode, a
}

// until waits for a state of the account at the exchange, and of the bot's mode.
func (b *bot) until(live int, net int64, mode string) {
	b.t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		truth, _ := b.server.Truth(sim.DemoUsername)
		is := int64(0)
		for _, p := range truth.Positions {
			is += p.Net
		}
		_, a := b.ask(http.MethodGet, "/mode", "", nil)
		if truth.Live == live && is == net && a.Mode == mode {
			return
		}
		if time.Since(began) > patience {
			b.t.Fatalf("%d live, position %d, %+v; wanted %d, %d, %s", truth.Live, is, a, live, net, mode)
		}
	}
}

// TestCommands halts, resumes and flattens a bot.
func TestCommands(t *testing.T) {
	b := newBot(t)
	b.place(odds.Buy, 4000, 20_000)
	b.until(1, 0, "active")
	status, a := b.ask(http.MethodPost, "/halt", `{"reason":"a person\nand more"}`, nil)
	if status != http.StatusOK || a.Mode != "halted" || !strings.Contains(a.Cause, "control: a person and more") {
		t.Fatalf("halt: %d %+v", status, a)
	}
	b.until(0, 0, "halted")
	if status, a = b.ask(http.MethodPost, "/resume", "", nil); status != http.StatusOK || a.Mode != "active" {
		t.Fatalf("resume: %d %+v", status, a)
	}
	b.place(odds.Buy, 5000, 100_000) // from the rival
	b.place(odds.Buy, 3000, 20_000)  // rests
	b.until(1, 100_000, "active")
	b.offer(msg.SideBuy, 4400, 300_000)
	b.offer(msg.SideBuy, 4500, 60_000) // the last: with it the bot has both
	b.untilBid(4500)
	status, a = b.ask(http.MethodPost, "/flatten", `{"reason":"a person"}`, nil)
	if status != http.StatusOK || a.Closing != 1 {
		t.Fatalf("flatten: %d %+v", status, a)
	}
	b.until(0, 0, "halted")
}

// TestFlattenQuoter flattens a bot that quotes and may not trade with itself: its own quote is in front of what the
// book has, and it quotes again with each book.
func TestFlattenQuoter(t *testing.T) {
	b := newBot(t)
	b.place(odds.Buy, 5000, 100_000) // from the rival
	b.offer(msg.SideBuy, 4400, 500_000)
	b.untilBid(4400)
	done := make(chan struct{})
	quoted := sync.OnceFunc(func() { close(done) })
	if err := b.engine.Submitter().Do(func() {
		quotes := func(c book.Contract) {
			if err := b.engine.Quote(c.Market(), c.ID(), quote.Two{Bid: 4500, Size: 50_000}); err != nil {
				t.Error(err)
			}
		}
		b.engine.OnBook(quotes)
		b.engine.OnOrder(func(_ *order.Order, ev *order.Event) {
			if ev.Kind == order.OrderAccepted {
				quoted()
			}
		})
		if c, ok := b.engine.Book(sim.DemoMarket, sim.DemoHome); ok {
			quotes(c)
		}
	}, nil); err != nil {
		t.Fatal(err)
	}
	<-done
	status, a := b.ask(http.MethodPost, "/flatten", `{"reason":"a person"}`, nil)
	if status != http.StatusOK || a.Closing != 1 || a.Left != 0 {
		t.Fatalf("flatten: %d %+v", status, a)
	}
	b.until(0, 0, "halted")
}

// TestFlattenLeaves flattens a bot whose position nobody takes.
func TestFlattenLeaves(t *testing.T) {
	b := newBot(t)
	b.place(odds.Buy, 5000, 100_000) // from the rival
	b.until(0, 100_000, "active")
	status, a := b.ask(http.MethodPost, "/flatten", "", nil)
	if status != http.StatusConflict || a.Left != 1 || !strings.Contains(a.Error, "nobody") {
		t.Fatalf("flatten: %d %+v", status, a)
	}
	b.until(0, 100_000, "halted")
}

// untilBid waits until the bot's book has a best bid.
func (b *bot) untilBid(price odds.Price) {
	b.t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		s := engine.Snapshot{WithBooks: true}
		if err := b.engine.Submitter().Snapshot(b.t.Context(), &s); err != nil {
			b.t.Fatal(err)
		}
		for _, top := range s.Books {
			if top.Contract == sim.DemoHome && top.Bid.Price == price {
				return
			}
		}
		if time.Since(began) > patience {
			b.t.Fatalf("no bid at %v: %+v", price, s.Books)
		}
	}
}

// TestRefused refuses who has no token, browsers, other hosts, and what it does not know.
func TestRefused(t *testing.T) {
	b := newBot(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, test := range []struct {
		method, path, body string
		change             func(*http.Request)
		want               int
	}{
		{http.MethodPost, "/halt", "", header("Authorization", ""), http.StatusUnauthorized},
		{http.MethodPost, "/halt", "", header("Authorization", "Bearer another token"), http.StatusUnauthorized},
		{http.MethodPost, "/halt", "", header("Origin", "http://127.0.0.1"), http.StatusForbidden},
		{http.MethodPost, "/halt", "", header("Sec-Fetch-Site", "none"), http.StatusForbidden},
		{http.MethodPost, "/halt", "", func(r *http.Request) { r.Host = "attacker.example:80" }, http.StatusForbidden},
		{http.MethodPost, "/halt", "not JSON", nil, http.StatusBadRequest},
		{http.MethodPost, "/halt", `{"reason":"` + strings.Repeat("x", 1<<16) + `"}`, nil, http.StatusBadRequest},
		{http.MethodGet, "/halt", "", nil, http.StatusMethodNotAllowed},
		{http.MethodPost, "/stop", "", nil, http.StatusNotFound},
	} {
		if status, a := b.ask(test.method, test.path, test.body, test.change); status != test.want {
			t.Errorf("%s %s: %d %+v, want %d", test.method, test.path, status, a, test.want)
		}
	}
	if _, a := b.ask(http.MethodGet, "/mode", "", nil); a.Mode != "active" {
		t.Errorf("something that was refused acted: %+v", a)
	}
	_, err := smkcontrol.Listen(b.engine, smkcontrol.Config{Address: "0.0.0.0:0", Token: token})
	if !errors.Is(err, smkcontrol.ErrAddress) {
		t.Errorf("every interface: %v", err)
	}
	_, err = smkcontrol.Listen(b.engine, smkcontrol.Config{Address: "127.0.0.1:0", Token: "short"})
	if !errors.Is(err, smkcontrol.ErrToken) {
		t.Errorf("a short token: %v", err)
	}
}
