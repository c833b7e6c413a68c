package engine_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// What the tests of backlogs have in common: so many messages arrive at once, and each
// handler works so long.
const (
	backlogMessages = 400
	backlogWork     = 500 * time.Microsecond
)

// work is what a handler does, on a bubble's clock.
func work(d time.Duration) { <-time.After(d) }

// sendBacklog sends quotes in one write, from a goroutine of its own.
func (p *peer) sendBacklog(messages int) {
	var b []byte
	for range messages {
		b = append(b, p.frame(quotes(7, 8, 2500))...)
	}
	go func() { _, _ = p.conn.Write(b) }()
}

// readAll reads what the engine sends.
func (p *peer) readAll() {
	for {
		if _, err := p.tryReceive(); err != nil {
			return
		}
	}
}

// TestOrderIsSentDuringABacklog: what a handler sends does not wait until everything that has
// arrived is handled, nor do heartbeats, whether handlers are timed or not, and whether they
// have worked from the start or begin to.
func TestOrderIsSentDuringABacklog(t *testing.T) {
	for _, c := range []struct {
		name  string
		slow  time.Duration // Config.SlowHandler
		quick int           // messages before whose handlers take no time
		burst bool          // the quick ones come in a burst of their own
		most  time.Duration
	}{
		{name: "from the start", most: 1500 * time.Microsecond},
		{name: "not timed", slow: -1, most: 1500 * time.Microsecond},
		{name: "all timed alone", slow: 20 * time.Microsecond, most: 1500 * time.Microsecond},
		{name: "in a new burst", quick: 1000, burst: true, most: 4 * backlogWork},
		{name: "within a burst", quick: 1000, most: 32 * backlogWork},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				config := n.config()
				config.SlowHandler = c.slow
				config.Session.HeartbeatAfter = 20 * time.Millisecond
				var handled atomic.Int64
				handled.Store(int64(-c.quick))
				var placed time.Time
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
						nth := handled.Add(1)
						if nth <= 0 {
							return
						}
						if nth == 1 {
							placed = time.Now()
							if _, err := e.SendOrderCreate(backHome()); err != nil {
								t.Error(err)
							}
						}
						work(backlogWork)
					})
				})
				p := n.accept(t)
				p.login()
				messages := backlogMessages + c.quick
				if c.burst {
					p.sendBacklog(c.quick)
					synctest.Wait()
					messages = backlogMessages
				}
				p.sendBacklog(messages)
				p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
				if took := time.Since(placed); took > c.most {
					t.Errorf("the order left after %v and %d handlers", took, handled.Load())
				}
				beats := 0
				for handled.Load() < backlogMessages-50 {
					p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
					beats++
				}
				if beats < 5 {
					t.Errorf("%d heartbeats in 175 ms, want one every 20 ms", beats)
				}
				_ = r.Close()
				_ = r.wait()
			})
		})
	}
}

// TestOthersAreServedDuringQuickHandlers counts messages instead of time: what was sent leaves, and
// timers and functions of other goroutines are called, before many others are handled.
func TestOthersAreServedDuringQuickHandlers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const every, rounds = 200, 10
		handled, sent, worst := 0, 0, make(map[string]int)
		done := func(what string, at int) { worst[what] = max(worst[what], handled-at) }
		config := n.config()
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, address)
			return onWrite{conn, func() {
				if sent > 0 {
					done("order", sent)
					sent = 0
				}
			}}, err
		}
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				work(time.Nanosecond)
				handled++
				at := handled
				switch at % every {
				case 1:
					sent = at
					if _, err := e.SendOrderCreate(backHome()); err != nil {
						t.Error(err)
					}
				case every / 3:
					if _, err := e.After(0, func() { done("timer", at) }); err != nil {
						t.Error(err)
					}
				case every * 2 / 3:
					if err := e.Submitter().Do(func() { done("function", at) }, nil); err != nil {
						t.Error(err)
					}
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.sendBacklog(rounds * every)
		for range rounds {
			p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		}
		_ = r.Close()
		_ = r.wait()
		for what, most := range map[string]int{"order": 64, "timer": 64 + 32, "function": 64} {
			if worst[what] == 0 || worst[what] > most {
				t.Errorf("a %s waited for %d other messages, want at most %d", what, worst[what], most)
			}
		}
	})
}

// onWrite is a connection that says when something is written to it.
type onWrite struct {
	net.Conn
	f func()
}

func (c onWrite) Write(b []byte) (int, error) {
	c.f()
	return c.Conn.Write(b)
}

// TestThrottleRefillsDuringABacklog: time passes for the throttle while handlers work.
func TestThrottleRefillsDuringABacklog(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var handled atomic.Int64
		placed := 0
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				if _, err := e.SendOrderCreate(backHome()); err == nil {
					placed++
				}
				work(backlogWork)
				handled.Add(1)
			})
		})
		p := n.accept(t)
		p.login()
		p.send(&seto.Payload{
			Type: seto.PayloadType_PAYLOAD_THROTTLE_LIMITS_CHANGED.Enum(),
			ThrottleLimitsChanged: &seto.ThrottleLimitsChanged{
				AverageRatePs: proto.Uint32(100), BurstSize: proto.Uint32(10), TickMs: proto.Uint32(0),
			},
		})
		p.sendBacklog(backlogMessages)
		go p.readAll()
		for handled.Load() < backlogMessages {
			advance(10 * time.Millisecond)
		}
		// A burst of nine, for the last tenth is for cancels, and 95 a second for 200 ms.
		if placed < 26 || placed > 28 {
			t.Errorf("%d orders placed, want about 27", placed)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestOthersAreServedDuringABacklog: what other goroutines submit is done while a backlog is
// handled, and so is what Stop asks for.
func TestOthersAreServedDuringABacklog(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var handled atomic.Int64
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				handled.Add(1)
				work(backlogWork)
			})
		})
		p := n.accept(t)
		p.login()
		p.sendBacklog(backlogMessages)
		for handled.Load() < 10 {
			<-time.After(backlogWork)
		}
		var s engine.Submission
		before := time.Now()
		if err := r.Submitter().Do(func() {}, &s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(before); took > 3*time.Millisecond {
			t.Errorf("a function that was submitted was called after %v", took)
		}
		before = time.Now()
		r.Stop()
		p.wantEto(eto.PayloadType_PAYLOAD_LOGOUT)
		if took := time.Since(before); took > 3*time.Millisecond {
			t.Errorf("the logout left after %v", took)
		}
		p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		if handled.Load() != backlogMessages {
			t.Errorf("%d messages handled", handled.Load())
		}
	})
}

// TestStopDuringQuickHandlers counts the messages until the logout leaves.
func TestStopDuringQuickHandlers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		stopped, handled, waited := false, 0, 0
		config := n.config()
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, address)
			return onWrite{conn, func() {
				if stopped && waited == 0 {
					waited = handled
				}
			}}, err
		}
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				if !stopped {
					stopped = true
					e.Stop()
				}
				handled++
			})
		})
		p := n.accept(t)
		p.login()
		p.sendBacklog(backlogMessages)
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		if waited == 0 || waited > 64 {
			t.Errorf("the logout waited for %d messages", waited)
		}
	})
}

// TestBacklogOfASocket is handled to its end although nothing else wakes the loop.
func TestBacklogOfASocket(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		const messages = 10
		config := n.config()
		config.Session.HeartbeatAfter, config.Session.PeerTimeout = time.Hour, time.Hour
		handled := 0
		r := start(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				work(2 * time.Millisecond) // longer than a slice
				if handled++; handled == messages {
					_, _ = e.SendOrderCreate(backHome())
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.sendBacklog(messages)
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		_ = r.Close()
		_ = r.wait()
	})
}

// TestMessagesAreHandledDuringSubmissions: a full queue of functions that work does not keep the
// loop from the socket.
func TestMessagesAreHandledDuringSubmissions(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.SubmitSlots = 256
		handled := make(chan time.Time, 1)
		loggedIn := make(chan struct{})
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { handled <- time.Now() })
		})
		p := n.accept(t)
		p.login()
		<-loggedIn
		submissions := make([]engine.Submission, 256-16) // the others are kept for cancels
		done := 0
		for i := range submissions {
			if err := r.Submitter().Do(func() { work(4 * backlogWork); done++ }, &submissions[i]); err != nil {
				t.Fatal(err)
			}
		}
		for range 8 { // at different times of a round
			<-time.After(1300 * time.Microsecond)
			before := time.Now()
			p.send(quotes(7, 8, 2500))
			if took := (<-handled).Sub(before); took > 2*4*backlogWork {
				t.Errorf("a message was handled after %v and %d functions", took, done)
			}
		}
		for i := range submissions {
			if _, err := submissions[i].Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
		advance(time.Second)
		for range 3 {
			if err := r.Submitter().Do(func() {}, &submissions[0]); err != nil {
				t.Fatal(err)
			}
			if _, err := submissions[0].Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
		advance(time.Second)
		if peak := r.Stats().SubmittedPeak; peak != len(submissions) {
			t.Errorf("at most %d were submitted at a time, want %d", peak, len(submissions))
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestOthersAreServedDuringFates: the fates of what was sent on a lost connection are reported in
// pieces too, all of them, in order, and before the next connection is opened.
func TestOthersAreServedDuringFates(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const orders = 90 // that the throttle lets pass
		var fates []uint64
		var log []string
		reported := make(chan struct{})
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(ev *engine.Event) {
				for range orders {
					if ev.Epoch == 1 {
						if _, err := e.SendOrderCancel(cancelOf(5)); err != nil {
							t.Error(err)
						}
					}
				}
			})
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected || ev.State == session.Connecting {
					log = append(log, ev.State.String())
				}
			})
			e.OnSendResolved(func(ev *engine.Event) {
				if fates = append(fates, ev.Seq); len(fates) == 1 {
					log = append(log, "fates")
					close(reported)
				}
				work(backlogWork)
			})
		})
		p := n.accept(t)
		p.login()
		for range orders {
			p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		}
		p.close()
		<-reported
		var s engine.Submission
		before := time.Now()
		if err := r.Submitter().Do(func() {}, &s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(before); took > 3*time.Millisecond {
			t.Errorf("a function that was submitted was called after %v and %d fates", took, len(fates))
		}
		n.accept(t).login()
		if len(fates) != orders || !slices.IsSorted(fates) {
			t.Errorf("fates of %v", fates)
		}
		if got := strings.Join(log, ", "); got != "connecting, disconnected, fates, connecting" {
			t.Errorf("handlers seen %s", got)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestStopDuringFates ends the engine once all fates are reported.
func TestStopDuringFates(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const orders = 10
		fates := 0
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				for range orders {
					_, _ = e.SendOrderCancel(cancelOf(5))
				}
			})
			e.OnSendResolved(func(*engine.Event) {
				fates++
				e.Stop()
				work(2 * backlogWork)
			})
		})
		p := n.accept(t)
		p.login()
		for range orders {
			p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		}
		p.close()
		if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) {
			t.Errorf("Run: %v, want ErrNotConfirmed", err)
		}
		if fates != orders {
			t.Errorf("%d fates reported, want %d", fates, orders)
		}
		if len(n.accepted) > 0 {
			t.Error("it connected again")
		}
	})
}

func cancelOf(order uint64) *msg.OrderCancel {
	m := new(msg.OrderCancel)
	m.SetOrderId(order)
	return m
}
