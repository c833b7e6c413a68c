package screens

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

const (
	agentsRate = 300 // actions of others a second
	polls      = 600 // of a condition, before a test gives up
	pollEvery  = 50 * time.Millisecond
	levels     = 5 // of a side that the exchange shows
)

// names are those of the match's contracts.
var names = map[uint32]string{sim.DemoHome: "Home", sim.DemoDraw: "Draw", sim.DemoAway: "Away"}

// day is an exchange and a bot, in this process.
type day struct {
	t      *testing.T
	server *sim.Server
	engine *engine.Engine
	dir    string
	rests  atomic.Bool // the bot leaves its quotes as they are
	refuse atomic.Bool // connections cannot be opened
	ran    chan error

	explain []func() string // what a condition that does not hold is explained by
}

func newDay(t *testing.T) *day {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents.Rate = agentsRate
	c.Markets = c.Markets[:1]
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	d := &day{t: t, server: server, dir: t.TempDir(), ran: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	dialer := net.Dialer{}
	d.engine, err = engine.New(engine.Config{
		Address: server.Addr().String(), DisableTLS: true,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true},
		State:   engine.StateConfig{Quotes: quote.Config{Levels: 2}},
		Journal: journal.Config{Dir: d.dir, Name: "maker-1", Durability: journal.SyncNone},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if d.refuse.Load() {
				return nil, errors.New("off the network")
			}
			return dialer.DialContext(ctx, network, address)
		},
		ReconnectBackoff: []time.Duration{0, 50 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	first, ready := true, make(chan struct{})
	d.engine.OnLoggedIn(func(*engine.Event) {
		if first {
			first = false
			if err := d.engine.Subscribe(sim.DemoMarket); err != nil {
				t.Error(err)
			}
		}
	})
	d.engine.OnBook(func(book.Contract) {
		select {
		case <-ready:
		default:
			close(ready)
		}
	})
	if _, err := d.engine.Every(50*time.Millisecond, d.quote); err != nil {
		t.Fatal(err)
	}
	go func() { d.ran <- d.engine.Run(ctx) }()
	<-ready
	t.Cleanup(func() {
		d.engine.Stop()
		<-d.ran // an exchange that is gone does not confirm
		cancel()
		if err := errors.Join(<-served, server.Close()); err != nil {
			t.Error(err)
		}
	})
	return d
}

// quote quotes two levels on each side of every contract.
func (d *day) quote() {
	if d.rests.Load() {
		return
	}
	for contract := range names {
		c, ok := d.engine.Book(sim.DemoMarket, contract)
		if !ok {
			continue
		}
		mid, ok := c.WithoutOwn().MidPrice()
		if !ok || mid < 500 || mid > 9500 {
			continue
		}
		const size = 60_000
		bids := []quote.Level{{Price: mid - 40, Size: size}, {Price: mid - 70, Size: 2 * size}}
		asks := []quote.Level{{Price: mid + 40, Size: size}, {Price: mid + 70, Size: 2 * size}}
		_ = d.engine.QuoteLevels(sim.DemoMarket, contract, bids, asks, quote.Tolerance{Price: 10, Size: size / 2})
	}
}

func (d *day) exchange(f func(*sim.Sim)) { d.server.Do(f) }

// trade lets bot and exchange go on, and go returns when the books have something on every level.
func (d *day) trade() {
	d.t.Helper()
	d.rests.Store(false)
	d.exchange(func(s *sim.Sim) { s.SetAgentRate(agentsRate) })
	d.until("the books have every level, and own orders are in them", func() bool {
		ladder := d.ladder()
		own := 0
		for _, l := range ladder {
			if !strings.HasSuffix(l, " -") {
				own++
			}
		}
		return len(ladder) == len(names)*2*levels && own >= 4
	})
}

// hold holds everything as it is, until nothing is on its way any more, and returns the exchange's ladders.
func (d *day) hold() []string {
	d.t.Helper()
	d.exchange(func(s *sim.Sim) { s.SetAgentRate(0) })
	d.rests.Store(true)
	last := d.ladder()
	for same := 0; same < 6; {
		time.Sleep(pollEvery)
		if now := d.ladder(); slices.Equal(now, last) {
			same++
		} else {
			same, last = 0, now
		}
	}
	return last
}

// ladder is what the exchange shows, and what of it is the account's: contract, side, price, quantity, own quantity.
func (d *day) ladder() (list []string) {
	d.server.View(func(s *sim.Sim) {
		own := map[string]uint64{}
		for _, o := range s.Exchange.Orders(sim.DemoUsername) {
			if o.Available > 0 {
				own[fmt.Sprint(o.Contract, o.Side == msg.SideBuy, o.Price)] += o.Available
			}
		}
		for _, contract := range []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway} {
			bids, offers := s.Exchange.Book(sim.DemoMarket, contract)
			for i, side := range [][]exchange.Level{bids, offers} {
				for _, l := range side[:min(levels, len(side))] {
					mine := "-"
					if q := own[fmt.Sprint(contract, i == 0, l.Price)]; q > 0 {
						mine = text(q)
					}
					list = append(list, fmt.Sprintf("%s %s %d.%02d %s %s", names[contract], []string{"bid", "offer"}[i],
						l.Price/100, l.Price%100, text(l.Quantity), mine))
				}
			}
		}
	})
	return list
}

func text(q uint64) string { return fmt.Sprintf("%d.%02d", q/10_000, q%10_000/100) }

// cut breaks the bot's connection and keeps it from coming back.
func (d *day) cut() {
	d.refuse.Store(true)
	d.exchange(func(s *sim.Sim) { s.DropSessions() })
}

// until waits for a condition, for so many polls at most.
func (d *day) until(what string, holds func() bool) {
	d.t.Helper()
	for range polls {
		if holds() {
			return
		}
		time.Sleep(pollEvery)
	}
	for _, f := range d.explain {
		d.t.Log(f())
	}
	d.t.Fatalf("not so after %d polls: %s", polls, what)
}

// smk is the program.
func smk(t *testing.T) string {
	t.Helper()
	path := os.Getenv("SMK")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("SMK names no program: run scripts/screens.sh (%v)", err)
	}
	return path
}

// save writes a picture.
func save(t *testing.T, name string, content []byte) {
	t.Helper()
	dir := os.Getenv("SCREENS")
	if dir == "" {
		t.Fatal("SCREENS names no folder: run scripts/screens.sh")
	}
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// screenFlags say what is shown of a day.
func (d *day) screenFlags() []string {
	flags := []string{"--journal=" + d.dir}
	for id, name := range names {
		flags = append(flags, fmt.Sprintf("--name=%d=%s", id, name))
	}
	return flags
}

// start starts the program.
func start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(smk(t), args...)
	cmd.Stderr = os.Stderr
	return cmd
}
