package engine_test

import (
	"context"
	"errors"
	"math"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim"
)

// fencedWire notes when something was written last.
type fencedWire struct {
	net.Conn
	mu   *sync.Mutex
	last *time.Time
}

func (w fencedWire) Write(b []byte) (int, error) {
	w.mu.Lock()
	*w.last = time.Now()
	w.mu.Unlock()
	return w.Conn.Write(b)
}

// fencedDay runs an engine with a fence in a bubble with an exchange. newest returns when it wrote last.
func fencedDay(
	t *testing.T, change func(*engine.Config),
	test func(t *testing.T, server *sim.Server, f *engine.Fence, config engine.Config, newest func() time.Time),
) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		var mu sync.Mutex
		var last time.Time
		config.Fence, config.OnStop = engine.NewFence(), engine.StopCancelAll
		config.Session.RequireCaughtUp = true
		config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := server.Dial(ctx)
			return fencedWire{conn, &mu, &last}, err
		}
		if change != nil {
			change(&config)
		}
		test(t, server, config.Fence, config, func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return last
		})
	})
}

// ordersPlaced is how many orders an account has ever placed.
func ordersPlaced(t *testing.T, server *sim.Server) int {
	t.Helper()
	return liveOrders(t, server) // nobody trades with them and nothing cancels them
}

func placeSmall(e *engine.Engine) error {
	_, err := e.Place(order.Limit{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: 1000, Quantity: 10_000,
	})
	return err
}

// TestFence lets a bot trade for as long as its fence is extended, and nothing leaves from the deadline on: no order,
// no cancel, no heartbeat, no logout. Its orders stay.
func TestFence(t *testing.T) {
	fencedDay(t, nil, func(
		t *testing.T, server *sim.Server, _ *engine.Fence, config engine.Config, newest func() time.Time,
	) {
		var refused error
		lost := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			if _, err := e.Every(time.Second, func() {
				if err := placeSmall(e); err != nil {
					refused = err
				}
			}); err != nil {
				t.Error(err)
			}
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected && errors.Is(ev.Cause, engine.ErrFenced) {
					lost++
					if _, err := e.SendOrderCancelAll(new(msg.OrderCancelAll)); err == nil {
						t.Error("a cancel is sent")
					}
				}
			})
		})
		if err := r.wait(); !errors.Is(err, engine.ErrFenced) || ordersPlaced(t, server) != 0 {
			t.Fatalf("without an extension: %v, %d orders", err, ordersPlaced(t, server))
		}
		if refused != nil || !newest().IsZero() {
			t.Errorf("refused %v, wrote at %v", refused, newest())
		}

		open := engine.NewFence()
		config.Fence = open
		deadline := time.Now()
		extend := func(d time.Duration) {
			deadline = time.Now().Add(d)
			if !open.Extend(deadline) {
				t.Error("closed")
			}
		}
		extend(10 * time.Second)
		r = startInBubble(t, config, func(e *engine.Engine) {
			if _, err := e.Every(time.Second, func() { refused = placeSmall(e) }); err != nil {
				t.Error(err)
			}
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected && errors.Is(ev.Cause, engine.ErrFenced) {
					lost++
					if _, err := e.SendOrderCancelAll(new(msg.OrderCancelAll)); err == nil {
						t.Error("a cancel is sent")
					}
				}
			})
		})
		for range 5 {
			advance(5 * time.Second)
			extend(10 * time.Second)
			open.Extend(deadline.Add(-time.Minute)) // too late
		}
		placed := ordersPlaced(t, server)
		advance(9 * time.Second)
		if more := ordersPlaced(t, server); more != placed+9 {
			t.Errorf("%d orders, %d after 9 s", placed, more)
		}
		err := r.wait()
		if !errors.Is(err, engine.ErrFenced) || engine.CauseOf(err) != engine.CauseOwn || lost != 1 {
			t.Errorf("Run: %v, lost %d times", err, lost)
		}
		if now := time.Now(); !now.Equal(deadline) {
			t.Errorf("ended %v after the deadline", now.Sub(deadline))
		}
		if !errors.Is(refused, engine.ErrFenced) || !session.SafeToResend(refused) {
			t.Errorf("at the deadline an order is refused with %v", refused)
		}
		advance(time.Second)
		if w := newest(); !w.Before(deadline) {
			t.Errorf("wrote %v after the deadline", w.Sub(deadline))
		}
		if n := ordersPlaced(t, server); n < placed+9 || n > placed+10 {
			t.Errorf("%d orders, %d 9 s before the deadline", n, placed)
		}
		if open.Extend(deadline.Add(time.Hour)); !errors.Is(r.Poll(), engine.ErrFenced) {
			t.Error("an extension brings the engine back")
		}
	})
}

// TestFenceStopped stops the process, as far as the bot and the loop can tell, beyond the deadline: after an order was
// queued, before one is, while orders are cancelled for a shutdown. Nothing is written when it goes on.
func TestFenceStopped(t *testing.T) {
	for name, act := range map[string]func(e *engine.Engine, stop func()){
		"after a send": func(e *engine.Engine, stop func()) {
			if err := placeSmall(e); err != nil {
				t.Error(err)
			}
			stop()
		},
		"before a send":  func(e *engine.Engine, stop func()) { stop(); _ = placeSmall(e) },
		"while stopping": func(e *engine.Engine, stop func()) { e.Stop(); stop() },
		"while leaving":  func(e *engine.Engine, stop func()) { e.Leave(); stop() },
		"in a backlog": func(e *engine.Engine, stop func()) {
			fill := func() {
				for range 200 { // more than the send ring holds: the handler itself writes
					_ = placeSmall(e)
				}
			}
			fill()
			stop()
			fill()
		},
	} {
		t.Run(name, func(t *testing.T) {
			unlimited := func(c *engine.Config) {
				c.Session.DisableThrottle, c.Session.Send = true, ring.SendRingConfig{Bytes: 16 << 10, Records: 64}
			}
			fencedDay(t, unlimited, func(
				t *testing.T, server *sim.Server, f *engine.Fence, config engine.Config, newest func() time.Time,
			) {
				deadline := time.Now().Add(10 * time.Second)
				f.Extend(deadline)
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnCaughtUp(func(*engine.Event) {
						if err := placeSmall(e); err != nil {
							t.Error(err)
						}
					})
					e.After(5*time.Second, func() { act(e, func() { <-time.After(20 * time.Second) }) })
				})
				advance(4 * time.Second)
				if n := ordersPlaced(t, server); n != 1 {
					t.Fatalf("%d orders", n)
				}
				advance(2 * time.Minute)
				if err := r.wait(); !errors.Is(err, engine.ErrFenced) {
					t.Errorf("Run: %v", err)
				}
				if w := newest(); !w.Before(deadline) {
					t.Errorf("wrote %v after the deadline", w.Sub(deadline))
				}
				if n := ordersPlaced(t, server); name != "in a backlog" && n != 1 {
					t.Errorf("%d orders after it, want 1", n)
				}
			})
		})
	}
}

// TestFenceCloses ends a bot that sleeps in its socket, and one that cannot connect.
func TestFenceCloses(t *testing.T) {
	for _, connected := range []bool{true, false} {
		fencedDay(t, nil, func(
			t *testing.T, server *sim.Server, f *engine.Fence, config engine.Config, newest func() time.Time,
		) {
			if !connected {
				config.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errBroken }
				config.ReconnectBackoff = []time.Duration{time.Hour}
			}
			f.Extend(time.Now().Add(time.Hour))
			r := startInBubble(t, config, nil)
			advance(12 * time.Second)
			now := time.Now()
			if until, open := f.Until(); !open || !f.Valid(now) || f.Valid(until) ||
				until.Sub(now) != time.Hour-12*time.Second {
				t.Errorf("valid until %v", until)
			}
			f.Close()
			if err := r.wait(); !errors.Is(err, engine.ErrFenced) || !time.Now().Equal(now) {
				t.Errorf("connected %t: %v after %v", connected, err, time.Since(now))
			}
			if newest().After(now) || f.Extend(now.Add(time.Hour)) || f.Valid(now) {
				t.Error("it is open, or something was written")
			}
			if _, open := f.Until(); open {
				t.Error("it is open")
			}
		})
	}
}

// TestFenceExpires ends a bot that has nothing else to do, at the deadline.
func TestFenceExpires(t *testing.T) {
	fencedDay(t, nil, func(
		t *testing.T, server *sim.Server, f *engine.Fence, config engine.Config, newest func() time.Time,
	) {
		deadline := time.Now().Add(1234 * time.Millisecond)
		f.Extend(deadline)
		r := startInBubble(t, config, nil)
		if err := r.wait(); !errors.Is(err, engine.ErrFenced) || !time.Now().Equal(deadline) {
			t.Errorf("Run: %v, %v after the deadline", err, time.Since(deadline))
		}
	})
}

// TestFenceVirtual drives an engine in virtual time: its deadline is among those that Poll is due at.
func TestFenceVirtual(t *testing.T) {
	now := int64(1e18)
	f := engine.NewFence()
	f.Extend(time.Unix(0, now+5e9))
	e, err := engine.New(engine.Config{
		Session: session.Config{Token: "t"}, Address: "exchange.test:1", DisableTLS: true,
		Clock:            func() int64 { return now },
		Dial:             func(context.Context, string, string) (net.Conn, error) { return nil, errBroken },
		ReconnectBackoff: []time.Duration{time.Hour},
		Fence:            f,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for e.Deadline() < now {
		if err := e.Poll(); err != nil {
			t.Fatal(err)
		}
	}
	if due := e.Deadline(); due != now+5e9 {
		t.Errorf("due in %d ns", due-now)
	}
	f.Extend(time.Unix(0, now+7e9))
	now += 7e9 - 1
	if err := e.Poll(); err != nil {
		t.Error(err)
	}
	now++
	if err := e.Poll(); !errors.Is(err, engine.ErrFenced) {
		t.Errorf("Poll: %v", err)
	}
	if due := e.Deadline(); due != math.MaxInt64 {
		t.Errorf("due at %d", due)
	}
}

// TestFenceReplay records a bot whose fence is extended at moments of another goroutine, and that is stopped beyond the
// deadline, or whose fence is closed: a replay, which has no fence, ends in the same way.
func TestFenceReplay(t *testing.T) {
	for _, how := range []string{"stopped", "closed", "expired"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			var config engine.Config
			var bot recordedBot
			term := func(c *engine.Config) {
				c.Journal = journal.Config{Dir: filepath.Join(dir, "journal"), OnFull: journal.FullWait}
				c.State.File, c.ReferenceTerm = filepath.Join(dir, "state"), 77
			}
			stop := func() { <-time.After(20 * time.Second) }
			register := func(b *recordedBot) func(e *engine.Engine) error {
				return func(e *engine.Engine) error {
					if how == "stopped" {
						e.After(20*time.Second, func() {
							_ = placeSmall(e)
							stop()
							_ = placeSmall(e)
						})
					}
					_, err := e.Every(300*time.Millisecond, func() { _ = placeSmall(e) })
					return errors.Join(err, b.start(e))
				}
			}
			fencedDay(t, term, func(
				t *testing.T, server *sim.Server, f *engine.Fence, c engine.Config, newest func() time.Time,
			) {
				config = c
				f.Extend(time.Now().Add(3 * time.Second))
				r := startInBubble(t, c, func(e *engine.Engine) {
					if err := register(&bot)(e); err != nil {
						t.Error(err)
					}
				})
				for range 24 {
					advance(777 * time.Millisecond)
					f.Extend(time.Now().Add(3 * time.Second))
				}
				if how == "closed" {
					f.Close()
				}
				advance(2 * time.Minute)
				if err := r.wait(); !errors.Is(err, engine.ErrFenced) {
					t.Errorf("Run: %v", err)
				}
				for o := range r.Orders() {
					if engine.TermOf(o.Reference) != 77 {
						t.Errorf("reference %x", o.Reference)
					}
				}
			})
			config.Fence, config.ReferenceTerm = nil, 0
			stop = func() {}
			again := recordedBot{}
			result, err := engine.Replay(engine.ReplayConfig{Dir: config.Journal.Dir}, config, register(&again))
			if err != nil {
				t.Fatal(err)
			}
			if result.Difference != nil || !result.Ended || result.Sent < 10 {
				t.Errorf("%v, %+v", result.Difference, result)
			}
		})
	}
}

// TestFenceQuotes quotes with a fence: what is wanted is live, and follows a new wish.
func TestFenceQuotes(t *testing.T) {
	fencedDay(t, nil, func(
		t *testing.T, server *sim.Server, f *engine.Fence, config engine.Config, _ func() time.Time,
	) {
		f.Extend(time.Now().Add(time.Hour))
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		for _, bid := range []odds.Price{1000, 1100} {
			advance(time.Second)
			d.do(r, func() {
				two := quote.Two{Bid: bid, Ask: 9000, Size: 10_000}
				if err := d.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
					t.Error(err)
				}
			})
			advance(time.Second)
			live := liveOn(server, sim.DemoHome)
			if len(live) != 2 || live[0].Price != uint32(bid) || live[1].Price != 9000 {
				t.Errorf("bid %v: %+v are live", bid, live)
			}
		}
	})
}
