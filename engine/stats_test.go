package engine_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestStats counts a life with a lost connection, read from another goroutine while
// the loop sleeps.
func TestStats(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) { _, _ = e.SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe)) })
			e.OnContractQuotes(takeLong)
		})
		p := n.accept(t)
		p.login()
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
		p.send(quotes(7, 8, 2500), quotes(7, 8, 2600), heartbeat())
		p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
		p.close()
		p = n.accept(t)
		p.login()
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
		var s engine.Submission
		if err := r.Submitter().SendPriceFeedUnsubscribe(new(msg.PriceFeedUnsubscribe), &s); err != nil {
			t.Fatal(err)
		}
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_UNSUBSCRIBE)
		synctest.Wait()

		got := r.Stats()
		if got.Session.Logins != 2 || got.Session.MessagesIn != 5 || got.Session.HeartbeatsIn != 1 {
			t.Errorf("session counted %+v", got.Session)
		}
		if got.Received[msg.PayloadContractQuotes] != 2 {
			t.Errorf("received %v, want two quotes", got.Received)
		}
		if got.Connected != 2 || got.Lost[engine.CauseTransport] != 1 {
			t.Errorf("connected %d, lost %v, want 2 and one by the transport", got.Connected, got.Lost)
		}
		if got.BytesIn == 0 || got.BytesOut == 0 || got.UnsentPeak == 0 || got.SubmittedPeak != 1 {
			t.Errorf("bytes %d and %d, peaks %d and %d", got.BytesIn, got.BytesOut, got.UnsentPeak, got.SubmittedPeak)
		}
		if got.HandlerMax != 30*time.Millisecond || got.SlowHandlers != 2 ||
			!strings.HasSuffix(got.SlowestHandler, ".takeLong") {
			t.Errorf("slowest handler %q, %v, %d slow", got.SlowestHandler, got.HandlerMax, got.SlowHandlers)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		_ = r.wait()
		if got := r.Stats(); got.Lost[engine.CauseOwn] != 1 {
			t.Errorf("lost %v after Close, want one of our own", got.Lost)
		}
	})
}

// TestHandlersThatTakeNoTime are timed together, until one of them works: then each is
// timed alone, and named.
func TestHandlersThatTakeNoTime(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		slow := 0
		quick := func(*engine.Event, *msg.ContractQuotes) {}
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(quick)
			e.OnOrderExecuted(func(ev *engine.Event, m *msg.OrderExecuted) {
				if slow > 0 {
					slow--
					takeLong(ev, nil)
				}
			})
		})
		p := n.accept(t)
		p.login()
		for range 300 {
			p.send(quotes(7, 8, 2500))
		}
		<-time.After(time.Second)
		slow = 2
		p.send(quotes(7, 8, 2500), executed(1), quotes(7, 8, 2500))
		<-time.After(time.Second)
		got := r.Stats()
		if got.HandlerMax != 30*time.Millisecond || got.SlowHandlers != 1 ||
			strings.Count(got.SlowestHandler, ".TestHandlersThatTakeNoTime.") != 2 ||
			strings.Count(got.SlowestHandler, ", ") != 1 {
			t.Errorf("slowest handlers %q, %v, %d slow", got.SlowestHandler, got.HandlerMax, got.SlowHandlers)
		}
		p.send(quotes(7, 8, 2500), executed(2), quotes(7, 8, 2500))
		<-time.After(time.Second)
		if got := r.Stats(); got.SlowHandlers != 2 || got.HandlerMax != 30*time.Millisecond {
			t.Errorf("%v, %d slow", got.HandlerMax, got.SlowHandlers)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestHandlersThatAreMany: many quick handlers are not slow for who calls little slow.
func TestHandlersThatAreMany(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		c := n.config()
		c.SlowHandler = 20 * time.Microsecond
		r := startInBubble(t, c, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { <-time.After(time.Microsecond) })
		})
		p := n.accept(t)
		p.login()
		for range 10 {
			var burst []*seto.Payload
			for range 64 {
				burst = append(burst, quotes(7, 8, 2500))
			}
			p.send(burst...)
		}
		<-time.After(time.Second)
		if got := r.Stats(); got.SlowHandlers != 0 || got.HandlerMax != time.Microsecond {
			t.Errorf("%v, %d slow", got.HandlerMax, got.SlowHandlers)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// takeLong is a slow handler, on a bubble's clock.
func takeLong(*engine.Event, *msg.ContractQuotes) { <-time.After(30 * time.Millisecond) }

// TestStatsOfALoopThatSpins are published although the loop never sleeps.
func TestStatsOfALoopThatSpins(t *testing.T) {
	n := newNetwork(t, "tcp", false, loopback(t)).waiting(engine.WaitSpin)
	r := start(t, n.config(), nil)
	n.accept(t).login()
	for r.Stats().Session.Logins == 0 {
		runtime.Gosched()
	}
}

// TestCauses sorts every error that ends a connection.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		err  error
		want engine.Cause
		name string
	}{
		{io.EOF, engine.CauseTransport, "transport"},
		{&engine.DialError{Err: io.EOF}, engine.CauseDial, "dial"},
		{engine.ErrSendStalled, engine.CauseStalled, "stalled"},
		{session.ErrPeerSilent, engine.CauseSilent, "silent"},
		{session.ErrLoginTimeout, engine.CauseLoginTimeout, "login timeout"},
		{&session.LogoutError{Reason: msg.EtoLogoutDowntime}, engine.CauseLogout, "logout"},
		{&session.LogoutError{Reason: msg.EtoLogoutConfirmation, Asked: true}, engine.CauseOwn, "own"},
		{&session.ProtocolError{Err: session.ErrNoSequence}, engine.CauseProtocol, "protocol"},
		{session.ErrReplayTimeout, engine.CauseReplay, "replay"},
		{session.ErrSessionReplaced, engine.CauseSession, "session"},
		{session.ErrSequenceSpent, engine.CauseSession, "session"},
		{session.ErrLogoutTimeout, engine.CauseOwn, "own"},
		{engine.ErrClosed, engine.CauseOwn, "own"},
		{&engine.PanicError{Value: errors.New("boom")}, engine.CauseOwn, "own"},
	} {
		if got := engine.CauseOf(c.err); got != c.want || got.String() != c.name {
			t.Errorf("CauseOf(%v) = %v, want %v", c.err, got, c.name)
		}
	}
}

// TestLoopDelays counts loop delays, names their causes, and does
// not count the time that it slept there.
func TestLoopDelays(t *testing.T) {
	const long = 150 * time.Millisecond
	for _, c := range []struct {
		name   string
		play   func(r *running, p *peer)
		want   int           // delays
		most   time.Duration // the longest
		by     string
		lag    time.Duration
		logged []string
	}{
		{
			name: "idle", play: func(*running, *peer) {},
		},
		{
			name: "a handler",
			play: func(r *running, p *peer) { p.send(quotes(7, 8, 2500)) },
			want: 1, most: long, by: ".workLong", lag: long,
			logged: []string{`msg="loop delay" by=github.com/smk-go/smk/engine_test.workLong took=150ms`},
		},
		{
			name: "many handlers that keep up",
			play: func(r *running, p *peer) {
				for range 100 {
					p.send(executed(int(p.seq)))
					advance(10 * time.Millisecond)
				}
			},
			most: 5 * time.Millisecond, lag: 5 * time.Millisecond,
		},
		{
			name: "many handlers that do not",
			play: func(r *running, p *peer) {
				var b []byte
				for i := range 100 {
					b = append(b, p.frame(executed(i))...)
				}
				p.write(b)
			},
			most: 5 * time.Millisecond, lag: 500 * time.Millisecond,
			logged: []string{
				`msg="loop lags behind what arrives" by=github.com/smk-go/smk/engine_test.workShort took=1`,
			},
		},
		{
			name: "a function of another goroutine",
			play: func(r *running, p *peer) { _ = r.Submitter().Do(func() { workLong(nil, nil) }, nil) },
			want: 1, most: long, by: "a function submitted by Submitter.Do",
		},
		{
			name: "a timer",
			play: func(r *running, p *peer) {
				_ = r.Submitter().Do(func() { _, _ = r.After(time.Millisecond, workTimer) }, nil)
			},
			want: 1, most: long, by: ".workTimer",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				var out bytes.Buffer
				config := n.config()
				config.Session.ReceiveBytes = 1024 // less than a hundred executions
				config.Logger = slog.New(slog.NewTextHandler(&out, nil))
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnContractQuotes(workLong)
					e.OnOrderExecuted(workShort)
				})
				p := n.accept(t)
				p.login()
				go p.readAll()
				advance(time.Second)
				c.play(r, p)
				advance(20 * time.Second)
				got := r.Stats()
				if got.LoopDelays != uint64(c.want) || got.LoopDelayMax != c.most ||
					c.want > 0 && !strings.HasSuffix(got.LoopDelayCause, c.by) {
					t.Errorf("%d delays, of %v at most, because of %q", got.LoopDelays, got.LoopDelayMax,
						got.LoopDelayCause)
				}
				lags := uint64(0)
				if c.lag >= engine.LoopDelay {
					lags = 1
				}
				if got.Lags != lags || got.LagMax != c.lag || c.lag > 0 && !strings.Contains(got.LagCause, ".work") {
					t.Errorf("%d lags, of %v at most, because of %q", got.Lags, got.LagMax, got.LagCause)
				}
				_ = r.Close()
				_ = r.wait()
				for _, want := range c.logged {
					if !strings.Contains(out.String(), want) {
						t.Errorf("the log does not have %q:\n%s", want, out.String())
					}
				}
				logged := strings.Count(out.String(), "loop delay") + strings.Count(out.String(), "loop lags")
				if logged > 1 || logged == 0 && c.want > 0 {
					t.Errorf("logged %d times:\n%s", logged, out.String())
				}
			})
		})
	}
}

func workLong(*engine.Event, *msg.ContractQuotes) { <-time.After(150 * time.Millisecond) }
func workShort(*engine.Event, *msg.OrderExecuted) { <-time.After(5 * time.Millisecond) }
func workTimer()                                  { <-time.After(150 * time.Millisecond) }

// TestLoopDelaysAreOff with a negative limit: they are measured and not counted.
func TestLoopDelaysAreOff(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.LoopDelay = -1
		r := startInBubble(t, config, func(e *engine.Engine) { e.OnContractQuotes(workLong) })
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500))
		advance(time.Second)
		if got := r.Stats(); got.LoopDelays != 0 || got.Lags != 0 || got.LoopDelayMax != 150*time.Millisecond {
			t.Errorf("%d delays, %d lags, %v", got.LoopDelays, got.Lags, got.LoopDelayMax)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestPollsThatAreLate are reported from handlers that are slow.
func TestPollsThatAreLate(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		e, err := engine.New(n.config())
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		<-time.After(time.Hour) // before the first
		go func() {
			p := n.accept(t)
			p.login()
			p.wantEnd()
		}()
		for range 10 {
			if err := e.Poll(); err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Millisecond)
		}
		<-time.After(time.Second)
		if err := e.Poll(); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second)
		if err := e.Poll(); err != nil {
			t.Fatal(err)
		}
		_ = e.Close()
		got := e.Stats()
		if got.LoopDelays != 2 || got.LoopDelayMax < time.Second ||
			got.LoopDelayMax > time.Second+20*time.Millisecond ||
			got.LoopDelayCause != "time between calls of Poll" || got.SlowHandlers != 0 {
			t.Errorf("%d delays, of %v at most, because of %q; %d slow handlers",
				got.LoopDelays, got.LoopDelayMax, got.LoopDelayCause, got.SlowHandlers)
		}
	})
}
