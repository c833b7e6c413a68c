package replica_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// quietExchange serves an exchange on which nobody trades by himself.
func quietExchange(t *testing.T) *sim.Server {
	t.Helper()
	quiet := sim.DefaultConfig()
	quiet.Agents = sim.Agents{}
	return serve(t, quiet)
}

// serve serves an exchange until the test ends.
func serve(t *testing.T, c sim.Config) *sim.Server {
	t.Helper()
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return server
}

// recorded has settings of a bot with a journal and a file in a folder.
func recorded(server *sim.Server, dir string) engine.Config {
	return engine.Config{
		Address: server.Addr().String(), DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true},
		Journal: journal.Config{
			Dir: filepath.Join(dir, "journal"), Durability: journal.SyncNone, RingBytes: 16 << 10,
			OnFull: journal.FullWait,
		},
		State: engine.StateConfig{File: filepath.Join(dir, "state")},
	}
}

// run runs a bot that setUp has given handlers.
func run(t *testing.T, c engine.Config, setUp func(*engine.Engine)) *engine.Engine {
	t.Helper()
	e, err := engine.New(c)
	if err != nil {
		t.Fatal(err)
	}
	setUp(e)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := e.Run(ctx); err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	return e
}

// replicaOf reads the journal of a folder from a record on.
func replicaOf(t *testing.T, dir string, from uint64) *replica.Replica {
	t.Helper()
	m, err := replica.New(replica.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := journal.OpenDir(filepath.Join(dir, "journal"), journal.ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return m
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Seq >= from {
			m.Apply(rec)
		}
	}
}

var bid = order.Limit{
	Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: 5000, Quantity: 400_000,
}

// TestLaterRun has a bot begin a second run with its state file, which is larger than the journal's ring, and compares
// what the journal says then with what it knows: orders and positions of the first run, which the exchange does not
// repeat.
func TestLaterRun(t *testing.T) {
	const others = 100
	server, dir := quietExchange(t), t.TempDir()
	run(t, recorded(server, dir), func(e *engine.Engine) {
		e.OnCaughtUp(func(*engine.Event) {
			for i := range odds.Price(others) {
				low := bid
				low.Price = 1000 + i
				if _, err := e.Place(low); err != nil {
					t.Error(err)
				}
			}
			if _, err := e.Place(bid); err != nil {
				t.Error(err)
			}
		})
		e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
			if m.GetPrice() != uint32(bid.Price) {
				return
			}
			server.Do(func(s *sim.Sim) {
				s.Exchange.Submit("rival", exchange.Create{
					Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideSell, Price: 5000, Quantity: 300_000,
				})
			})
		})
		e.OnFill(func(*order.Order, order.Fill) { e.Stop() })
	})
	second := recorded(server, dir)
	second.Journal.OnFull = journal.FullCount
	e := run(t, second, func(e *engine.Engine) { e.OnCaughtUp(func(*engine.Event) { e.Stop() }) })

	m := replicaOf(t, dir, 0)
	have, want := m.Orders().Position(sim.DemoMarket, sim.DemoHome), e.Position(sim.DemoMarket, sim.DemoHome)
	if have != want || want.Final+want.Provisional != 300_000 {
		t.Errorf("the journal's position is %+v, the bot's %+v", have, want)
	}
	for o := range m.Orders().Live {
		if o.Foreign || o.Price == bid.Price && o.Available != 100_000 {
			t.Errorf("the order is %+v", o)
		}
	}
	if n := m.Orders().LiveCount(); n != others+1 || !m.Known() {
		t.Errorf("%d live orders, known %t", n, m.Known())
	}
	if m := replicaOf(t, dir, 5); !m.Known() {
		t.Error("the second run's beginning is there, but not known")
	}
}

// cutConn loses the next write after cut is set, and breaks.
type cutConn struct {
	net.Conn
	cut *atomic.Bool
}

func (c cutConn) Write(b []byte) (int, error) {
	if c.cut.CompareAndSwap(true, false) {
		return len(b), c.Close()
	}
	return c.Conn.Write(b)
}

// TestDecisions has doubts end that no message ends, by time and by the bot's word.
func TestDecisions(t *testing.T) {
	for name, byTime := range map[string]bool{"time": true, "word": false} {
		t.Run(name, func(t *testing.T) {
			server, dir := quietExchange(t), t.TempDir()
			c := recorded(server, dir)
			c.State.OnUnresolved = engine.ReportUnresolved
			if byTime {
				c.State.DoubtTimeout = time.Millisecond
			}
			var cut atomic.Bool
			c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				conn, err := server.Dial(ctx)
				return cutConn{conn, &cut}, err
			}
			run(t, c, func(e *engine.Engine) {
				place := func() {
					if _, err := e.Place(bid); err != nil {
						t.Error(err)
					}
				}
				e.OnCaughtUp(func(ev *engine.Event) {
					if ev.Epoch == 1 {
						place() // or the account has no message that could be repeated
					}
				})
				e.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
					cut.Store(true)
					place()
				})
				e.OnSendUnresolved(func(ev *engine.Event) {
					if !byTime && !e.ResolveOrder(ev.Reference, order.Outcome{}) {
						t.Error("not resolved")
					}
				})
				e.OnOrder(func(_ *order.Order, ev *order.Event) {
					if ev.Kind == order.DoubtResolved {
						e.Stop()
					}
				})
			})
			if m := replicaOf(t, dir, 0); m.Orders().InDoubtCount() != 0 {
				t.Errorf("%d orders are in doubt, by the journal", m.Orders().InDoubtCount())
			}
		})
	}
}

// TestDefinedMarket has a bot say, before it runs and again while it runs, that each contract of a market wins or loses
// by itself: the journal's worst case is the bot's.
func TestDefinedMarket(t *testing.T) {
	for name, early := range map[string]bool{"before the run": true, "in the run": false} {
		t.Run(name, func(t *testing.T) {
			server, dir := quietExchange(t), t.TempDir()
			e := run(t, recorded(server, dir), func(e *engine.Engine) {
				define := func() {
					if err := e.DefineMarket(sim.DemoMarket, false); err != nil {
						t.Error(err)
					}
				}
				if early {
					define()
				}
				e.OnCaughtUp(func(*engine.Event) {
					if !early {
						define()
					}
					for _, contract := range []uint32{sim.DemoHome, sim.DemoDraw} {
						offer := bid
						offer.Contract, offer.Side = contract, odds.Sell
						if _, err := e.Place(offer); err != nil {
							t.Error(err)
						}
					}
				})
				e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
					server.Do(func(s *sim.Sim) {
						s.Exchange.Submit("rival", exchange.Create{
							Market: sim.DemoMarket, Contract: m.GetContractId(), Side: msg.SideBuy, Price: 5000,
							Quantity: 400_000,
						})
					})
				})
				fills := 0
				e.OnFill(func(*order.Order, order.Fill) {
					if fills++; fills == 2 {
						e.Stop()
					}
				})
			})
			m := replicaOf(t, dir, 0)
			have, want := m.Orders().Account().WorstCase, e.Account().WorstCase
			if have != want || want != 40*odds.Whole {
				t.Errorf("the journal's worst case is %v, the bot's %v", have, want)
			}
		})
	}
}
