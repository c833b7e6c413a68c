package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
)

// rebootSeeds is how many days TestPersistTruth trades with each setting, and rebootRuns how many runs a day has.
const (
	rebootSeeds = 28 * seeds / seedsAll
	rebootRuns  = 8
)

// TestPersistTruth trades at random among other participants, and kills the process at random moments: between a send
// and its write to the socket, before or after its intent is durable, after the write, after what the exchange
// answered has arrived. The next run starts from the files as they were. After each start every order that the exchange
// has is known as ours, and with durable intents every message that left was known at once. At last the state is the
// exchange's, or says that it is not complete.
func TestPersistTruth(t *testing.T) {
	for _, durable := range []bool{false, true} {
		for _, bounded := range []bool{false, true} {
			for seed := range uint64(rebootSeeds) {
				t.Run(fmt.Sprintf("durable %t bounded %t seed %d", durable, bounded, seed), func(t *testing.T) {
					b := &reboots{durable: durable, bounded: bounded, left: make(map[uint64]bool)}
					dir := t.TempDir()
					synctest.Test(t, func(t *testing.T) { b.run(t, dir, seed) })
				})
			}
		}
	}
}

// killPoint is where a process is killed.
type killPoint int

const (
	beforeWrite killPoint = iota // a message is queued, and nothing of it left
	afterWrite                   // it left
	afterRead                    // bytes arrived and nobody has seen them
	afterSync                    // an intent is durable, and nothing of its message left
	killPoints
)

// reboots is a day with several runs of a bot.
type reboots struct {
	tradingDay
	durable, bounded bool
	server           *sim.Server
	dir, next        string
	point            killPoint
	countdown        atomic.Int64
	killed           atomic.Bool
	queued           []uint64        // references that were queued and not written yet
	left             map[uint64]bool // references that left, in any run
	incomplete       bool
	restarted        bool            // the exchange numbers anew since the last run
	blind            bool            // it did while no file knew a number or an order that left: nobody can tell
	total            engine.Recovery // summed up
}

func (b *reboots) run(t *testing.T, dir string, seed uint64) {
	settings := sim.DefaultConfig()
	settings.Seed = seed
	settings.Limits.History, settings.Limits.OutFrames, settings.Limits.OutBytes = 1<<14, 1<<16, 1<<23
	if b.bounded {
		settings.Limits.History = 24
	}
	var err error
	if b.server, err = sim.Local(settings); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(context.Background()) }()
	b.t, b.rand, b.wanted = t, rand.New(rand.NewPCG(seed, 2)), make(map[uint32]quote.Two)
	b.sent, b.events = make(map[seto.PayloadType]int), make(map[order.EventKind]int)
	for n := range rebootRuns {
		last := n == rebootRuns-1
		b.dir, b.next = filepath.Join(dir, fmt.Sprint(n)), filepath.Join(dir, fmt.Sprint(n+1))
		if err := errors.Join(os.MkdirAll(b.dir, 0o755), os.MkdirAll(b.next, 0o755)); err != nil {
			t.Fatal(err)
		}
		if b.point = killPoint(b.rand.IntN(int(killPoints))); !b.durable && b.point == afterSync {
			b.point = beforeWrite
		}
		b.killed.Store(false)
		b.countdown.Store(int64(5 + b.rand.IntN(150)))
		if last {
			b.countdown.Store(1 << 62)
		}
		b.life(n, last)
		if b.restarted = b.bounded && b.rand.IntN(3) == 0; b.restarted {
			b.server.Do(func(s *sim.Sim) { s.Restart() })
		}
	}
	if err := b.server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	t.Logf("%d left, incomplete %t, in all %+v, %v", len(b.left), b.incomplete, b.total, b.events)
}

// life is one run of the bot.
func (b *reboots) life(n int, last bool) {
	t := b.t
	b.placed, b.queued, b.subscribed, b.wanted = nil, nil, false, make(map[uint32]quote.Two)
	config := engine.Config{
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword, RequireCaughtUp: true,
		},
		Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
		State: engine.StateConfig{
			Orders: order.Config{Orders: 1024, Retained: 4096, Fills: 8192, Contracts: 16},
			Quotes: quote.Config{Contracts: 16},
			File:   filepath.Join(b.dir, "state"), DurableIntents: b.durable, SaveEvery: 200 * time.Millisecond,
		},
		Dial: b.dial,
	}
	recovered := false
	engine.SetStateFS(&config, mortalFS{b: b})
	r := startInBubble(t, config, func(e *engine.Engine) {
		b.Engine = e
		b.blind = b.blind || b.restarted && !b.durable && len(b.left) > 0 && e.AccountSequence() == 0
		b.checkStart(n)
		b.subscribe()
		e.OnPayload(b.payload)
		e.OnRecovery(func(r engine.Recovery) {
			recovered = true
			b.total.Live, b.total.Intents = b.total.Live+r.Live, b.total.Intents+r.Intents
			b.total.InDoubt, b.total.Fills = b.total.InDoubt+r.InDoubt, b.total.Fills+r.Fills
			b.total.Ended, b.total.Adopted = b.total.Ended+r.Ended, b.total.Adopted+r.Adopted
			b.total.Unknown = append(b.total.Unknown, r.Unknown...)
			b.incomplete = b.incomplete || !r.Complete && n > 0
			if r.Found != (n > 0) || !r.Done {
				t.Errorf("run %d: recovery %+v", n, r)
			}
			b.checkKnown()
		})
		e.OnOrder(func(_ *order.Order, ev *order.Event) { b.events[ev.Kind]++ })
	})
	for range 120 {
		advance(25 * time.Millisecond)
		if b.killed.Load() {
			break
		}
		b.do(r, b.act)
	}
	if last {
		b.quiet(r)
	} else {
		b.kill()
	}
	_ = r.Close()
	_ = r.wait()
	if !recovered && !b.killed.Load() {
		t.Errorf("run %d: no recovery was reported", n)
	}
}

// quiet waits for quiet and compares.
func (b *reboots) quiet(r *running) {
	b.server.Do(func(s *sim.Sim) { s.SetAgentRate(0) })
	advance(5 * time.Minute)
	b.do(r, b.resolve)
	advance(time.Minute)
	b.do(r, func() {
		if !engine.ReplicaAgrees(b.Engine) {
			b.t.Error("what the writer has is not the state")
		}
		if c := b.Completeness(); !c.Complete && b.bounded || b.blind {
			return // it says so, or cannot
		}
		b.compare(b.server)
	})
}

// dial connects, but for a process that is killed.
func (b *reboots) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if b.killed.Load() {
		return nil, net.ErrClosed
	}
	c, err := b.server.Dial(ctx)
	return &mortalConn{c, b}, err
}

// mortalConn is the connection of a process that is killed now and then.
type mortalConn struct {
	net.Conn
	b *reboots
}

func (c *mortalConn) Write(p []byte) (int, error) {
	if c.b.killed.Load() {
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Write(p)
	for _, reference := range c.b.queued {
		c.b.left[reference] = true
	}
	c.b.queued = c.b.queued[:0]
	c.b.reached(afterWrite)
	return n, err
}

func (c *mortalConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.b.reached(afterRead) || c.b.killed.Load() {
		return 0, net.ErrClosed
	}
	return n, err
}

// mortalFS is the file system of such a process.
type mortalFS struct {
	statefile.OS
	b *reboots
}

func (fs mortalFS) Open(name string, flag int) (statefile.File, error) {
	f, err := fs.OS.Open(name, flag)
	if err == nil && strings.Contains(name, ".log") {
		f = mortalFile{f, fs.b}
	}
	return f, err
}

type mortalFile struct {
	statefile.File
	b *reboots
}

func (f mortalFile) Sync() error {
	err := f.File.Sync()
	f.b.reached(afterSync)
	return err
}

// reached counts a place where the process may be killed, and kills it if it is time. It reports whether it did.
func (b *reboots) reached(at killPoint) bool {
	if b.countdown.Add(-1) > 0 || at != b.point || b.killed.Load() {
		return false
	}
	b.kill()
	return true
}

// kill copies the files as they are. Nothing leaves afterwards.
func (b *reboots) kill() {
	if b.killed.Swap(true) {
		return
	}
	// The image last: it may cover what the log has lost since.
	for _, name := range []string{"state.log0", "state.log1", "state"} {
		content, err := os.ReadFile(filepath.Join(b.dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err = errors.Join(err, os.WriteFile(filepath.Join(b.next, name), content, 0o600)); err != nil {
			b.t.Error(err)
		}
	}
}

// payload notes what is queued.
func (b *reboots) payload(r *engine.TapRecord) {
	var p seto.Payload
	if r.Direction != session.Outbound || proto.Unmarshal(r.Payload, &p) != nil {
		return
	}
	switch p.GetType() {
	case seto.PayloadType_PAYLOAD_ORDER_CREATE:
		if reference := p.GetOrderCreate().GetReference(); b.left[reference] {
			b.t.Errorf("reference %d is used again", reference)
		} else if !b.killed.Load() {
			b.queued = append(b.queued, reference)
		}
		b.reached(beforeWrite)
	case seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE, seto.PayloadType_PAYLOAD_ORDER_CANCEL:
		b.reached(beforeWrite)
	}
}

// checkStart checks what is known before the exchange has said anything.
func (b *reboots) checkStart(n int) {
	r := b.Recovery()
	if r.Found != (n > 0) || r.Done {
		b.t.Errorf("run %d: recovery %+v", n, r)
	}
	if !b.durable {
		return
	}
	for reference := range b.left {
		if o := b.Order(reference); o == nil || o.Foreign {
			b.t.Errorf("run %d: %d left and is forgotten: %v", n, reference, o)
		}
	}
}

// checkKnown checks after CaughtUp that what the exchange has is ours, once, and what it does not have is in doubt.
func (b *reboots) checkKnown() {
	has := make(map[uint64]bool)
	for _, o := range b.server.Orders(sim.DemoUsername) {
		if has[o.Reference] && o.HasReference {
			b.t.Errorf("two orders with the reference %d", o.Reference)
		}
		has[o.Reference] = true
		if known := b.Order(o.Reference); known == nil && !b.incomplete || known != nil && known.Foreign {
			b.t.Errorf("order %d of the exchange, state %v: %+v", o.Reference, o.State, known)
		}
	}
	for o := range b.Orders() {
		if !has[o.Reference] && o.Overlay&order.InDoubt == 0 && !b.incomplete {
			b.t.Errorf("invented: %+v", *o)
		}
	}
}

// TestPersistQuotes: quotes of an earlier run are cancelled or taken over, not left beside new ones.
func TestPersistQuotes(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprint(again), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state")
			onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
				config.State.File, config.OnStop = file, engine.StopLeave
				config.Session.RequireCaughtUp = true
				quoteAt := func(bid, ask int) func(*engine.Engine) {
					return func(e *engine.Engine) {
						e.OnLoggedIn(func(*engine.Event) {
							var m msg.MarketSubscribe
							m.SetMarketId(sim.DemoMarket)
							if _, err := e.SendMarketSubscribe(&m); err != nil {
								t.Error(err)
							}
						})
						if bid == 0 {
							return
						}
						e.OnCaughtUp(func(*engine.Event) {
							two := quote.Two{Bid: 1000, Ask: 9000, Size: 10_000}
							if err := e.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
								t.Error(err)
							}
							if _, err := e.Place(limit(1, 500)); err != nil {
								t.Error(err)
							}
						})
					}
				}
				r := startInBubble(t, config, quoteAt(1000, 9000))
				advance(5 * time.Second)
				if n := liveOrders(t, server); n != 3 {
					t.Fatalf("%d orders", n)
				}
				r.Stop()
				_ = r.wait()
				second := quoteAt(0, 0)
				want := 1 // the one that was placed
				if again {
					second, want = quoteAt(1000, 9000), 4
				}
				r = startInBubble(t, config, second)
				advance(5 * time.Second)
				live := 0
				for _, o := range server.Orders(sim.DemoUsername) {
					if o.State == truth.OrderLive {
						live++
					}
				}
				if live != want || r.Recovery().Live != 3 {
					t.Errorf("%d orders, want %d, recovery %+v", live, want, r.Recovery())
				}
			})
		})
	}
}
