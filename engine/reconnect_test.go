package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
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

// inBubble runs a test whose clock only moves when everybody waits.
func inBubble(t *testing.T, test func(t *testing.T, n *network)) {
	synctest.Test(t, func(t *testing.T) {
		test(t, newNetwork(t, "pipe", false, pipe))
	})
}

// advance moves a bubble's clock and waits until everybody waits again.
func advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// checkPauses compares the times between attempts with what they should be, give
// or take the jitter.
func checkPauses(t *testing.T, at []time.Time, want ...time.Duration) {
	t.Helper()
	if len(at) != len(want)+1 {
		t.Fatalf("%d attempts, want %d", len(at), len(want)+1)
	}
	for i, pause := range want {
		got := at[i+1].Sub(at[i])
		if got < pause*80/100 || got > pause*120/100 {
			t.Errorf("pause %d is %v, want %v give or take 20 %%", i+1, got, pause)
		}
	}
}

// TestPausesGrow lets every attempt to open a connection fail.
func TestPausesGrow(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		refused := errors.New("connection refused, for the test")
		var at []time.Time
		config := n.config()
		config.Dial = func(context.Context, string, string) (net.Conn, error) {
			at = append(at, time.Now())
			return nil, refused
		}
		lost := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				var dial *engine.DialError
				if ev.State != session.Disconnected {
					return
				}
				if lost++; !errors.As(ev.Cause, &dial) || !errors.Is(ev.Cause, refused) ||
					dial.Address != config.Address {
					t.Errorf("disconnected because of %v, want the dialer's error", ev.Cause)
				}
				if lost == 9 {
					e.Stop()
				}
			})
		})
		if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) {
			t.Errorf("Run: %v, want ErrNotConfirmed", err)
		}
		second := time.Second
		checkPauses(t, at, 0, second/2, second, 2*second, 4*second, 8*second, 10*second, 10*second)
	})
}

// TestPausesStartOver ends the row of failures with a connection that was logged in
// for a minute, and not with one that was for less.
func TestPausesStartOver(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var at []time.Time
		config := n.config()
		config.Session.PeerTimeout = time.Hour
		config.Session.HeartbeatAfter = time.Hour
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			at = append(at, time.Now())
			return n.dial(ctx, network, address)
		}
		startInBubble(t, config, nil)
		var ends []time.Time
		for _, lasts := range []time.Duration{0, 0, 0, 59 * time.Second, 61 * time.Second, 0} {
			p := n.accept(t)
			p.login()
			advance(lasts)
			ends = append(ends, time.Now())
			p.close()
		}
		n.accept(t)
		for i, want := range []time.Duration{0, time.Second / 2, time.Second, 2 * time.Second, 0, time.Second / 2} {
			checkPauses(t, []time.Time{ends[i], at[i+1]}, want)
		}
	})
}

// TestReconnect loses a connection with an order in doubt, an order-less message
// and subscriptions, and reads everything that follows.
func TestReconnect(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		var log []string
		logf := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
		config := n.config()
		config.Session.AccountSequence = 40
		r := start(t, config, func(e *engine.Engine) {
			logins := 0
			e.OnLoggedIn(func(ev *engine.Event) {
				logins++
				logf("logged in, epoch %d", ev.Epoch)
				if logins > 1 {
					_, err := e.SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe))
					logf("price feed: %v", err)
					return
				}
				var market msg.MarketSubscribe
				for _, id := range []uint32{7, 8, 9} {
					market.SetMarketId(id)
					_, _ = e.SendMarketSubscribe(&market)
				}
				var off msg.MarketUnsubscribe
				off.SetMarketId(8)
				_, _ = e.SendMarketUnsubscribe(&off)
				_, _ = e.Send(raw{msg.PayloadEventSubscribe, []byte{0x10, 0x05}})
				var settings msg.Settings
				settings.SetCancelAllOnFailure(true)
				_, _ = e.SendSettings(&settings)
				var order msg.OrderCreate
				order.SetSide(msg.SideSell)
				order.SetQuantity(10000)
				order.SetPrice(2500)
				order.SetMarketId(7)
				order.SetContractId(8)
				order.SetReference(77)
				seq, err := e.SendOrderCreate(&order)
				logf("order %d %v", seq, err)
			})
			e.OnOrderAccepted(func(ev *engine.Event, m *msg.OrderAccepted) {
				logf("accepted %d, epoch %d, sequence %d, account %d", m.GetReference(), ev.Epoch, ev.Seq,
					ev.AccountSequence)
			})
			e.OnSendResolved(func(ev *engine.Event) {
				logf("%v %d reference %d %v, epoch %d, safe to resend %t", ev.Type, ev.Seq, ev.Reference, ev.Fate,
					ev.Epoch,
					session.SafeToResend(ev.Err()))
			})
			e.OnAccountLost(func(ev *engine.Event) { logf("account messages lost: %d to %d", ev.From, ev.To) })
			e.OnCaughtUp(func(ev *engine.Event) { logf("caught up, complete %t: %v", ev.Complete, ev.Cause) })
		})

		p := n.accept(t)
		if m := p.login(); m.GetLogin().GetAccountSequence_64() != 40 {
			t.Errorf("login %v, want account sequence 40", m)
		}
		for range 6 {
			p.receive()
		}
		create := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.send(accepted(3, 70, 1000, 41))
		p.send(heartbeat())
		p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT) // so the acceptance was handled
		p.close()

		p = n.accept(t)
		if m := p.want(seto.PayloadType_PAYLOAD_LOGIN); m.GetLogin().GetAccountSequence_64() != 41 ||
			m.GetEtoPayload().GetSeq() != 1 {
			t.Errorf("login %v, want account sequence 41 and sequence 1", m)
		}
		p.send(loginResponse(p.got + 1))
		if m := p.want(seto.PayloadType_PAYLOAD_SETTINGS); !m.GetSettings().GetCancelAllOnFailure() {
			t.Errorf("settings %v, want true", m)
		}
		p.wantEto(eto.PayloadType_PAYLOAD_PING)
		for _, id := range []uint32{7, 9} {
			if m := p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE); m.GetMarketSubscribe().GetMarketId() != id {
				t.Errorf("subscribes to %v, want market %d", m, id)
			}
		}
		if m := p.want(seto.PayloadType_PAYLOAD_EVENT_SUBSCRIBE); m.GetEventSubscribe().GetEventId() != 5 {
			t.Errorf("subscribes to %v, want event 5", m)
		}
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
		p.send(accepted(3, 70, 1000, 41), accepted(create.GetEtoPayload().GetSeq(), 77, 1001, 42))
		p.caughtUp()
		p.send(heartbeat())
		p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
		want := []string{
			"logged in, epoch 1",
			"order 9 <nil>",
			"accepted 70, epoch 1, sequence 2, account 41",
			"PAYLOAD_ORDER_CREATE 9 reference 77 in doubt, epoch 1, safe to resend false",
			"logged in, epoch 2",
			"price feed: <nil>",
			"accepted 77, epoch 2, sequence 3, account 42",
			"caught up, complete true: <nil>",
		}
		if !slices.Equal(log, want) {
			t.Errorf("handlers saw\n  %s\nwant\n  %s", strings.Join(log, "\n  "), strings.Join(want, "\n  "))
		}
	})
}

// TestRestoreNeedsRoom restores more than the send ring holds, to an exchange that
// does not read at first: the bot's sends are refused until it does.
func TestRestoreNeedsRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const markets = 300
		config := n.config()
		config.Session.Send.Records = 64
		config.SubscriptionsMax = markets
		config.SendTimeout = time.Hour
		var refused error
		var logins int
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				if logins++; logins == 2 {
					_, refused = e.SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe))
				}
			})
		})
		p := n.accept(t)
		p.login()
		var s engine.Submission
		var m msg.MarketSubscribe
		for id := range markets {
			m.SetMarketId(uint32(id + 1))
			if err := r.Submitter().SendMarketSubscribe(&m, &s); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE)
		}
		m.SetMarketId(markets + 1)
		if err := r.Submitter().SendMarketSubscribe(&m, &s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wait(t.Context()); !errors.Is(err, engine.ErrSubscriptions) {
			t.Errorf("one subscription too many: %v, want ErrSubscriptions", err)
		}
		p.close()

		p = n.accept(t)
		p.login()
		advance(time.Second)
		if !errors.Is(refused, engine.ErrRestoring) || !errors.Is(refused, session.ErrNotLoggedIn) ||
			!session.SafeToResend(refused) {
			t.Errorf("send while restoring: %v, want ErrRestoring, which is session.ErrNotLoggedIn", refused)
		}
		for id := range markets {
			m := p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE)
			if m.GetMarketSubscribe().GetMarketId() != uint32(id+1) {
				t.Fatalf("restores %v, want market %d", m, id+1)
			}
		}
		if err := r.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), &s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
	})
}

// TestStopWhileDialing ends an engine whose dialer hangs.
func TestStopWhileDialing(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*running)
		want error
	}{
		{"Stop", func(r *running) { r.Stop() }, engine.ErrNotConfirmed},
		{"context", func(r *running) { r.cancel() }, engine.ErrNotConfirmed},
		{"Close", func(r *running) { _ = r.Close() }, engine.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				config := n.config()
				dialing := make(chan struct{})
				config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
					close(dialing)
					<-ctx.Done()
					return nil, ctx.Err()
				}
				began := time.Now()
				r := startInBubble(t, config, nil)
				<-dialing
				c.end(r)
				if err := r.wait(); !errors.Is(err, c.want) {
					t.Errorf("Run: %v, want %v", err, c.want)
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// TestDialTimeout gives up a dialer that hangs.
func TestDialTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.DialTimeout = 3 * time.Second
		config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		began := time.Now()
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected {
					if took := time.Since(began); took != 3*time.Second || !errors.Is(ev.Cause,
						context.DeadlineExceeded) {
						t.Errorf("gave up after %v because of %v", took, ev.Cause)
					}
					e.Stop()
				}
			})
		})
		if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestSendTimeout ends a connection whose other end does not read.
func TestSendTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.SendTimeout = 4 * time.Second
		var began, ended time.Time
		startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				if began.IsZero() {
					began = time.Now()
				}
				_, _ = e.Ping()
			})
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected && ended.IsZero() {
					ended = time.Now()
					if !errors.Is(ev.Cause, engine.ErrSendStalled) {
						t.Errorf("disconnected because of %v, want ErrSendStalled", ev.Cause)
					}
				}
			})
		})
		n.accept(t).login()
		p := n.accept(t)
		p.login()
		if took := ended.Sub(began); took < 4*time.Second || took > 4*time.Second+10*time.Millisecond {
			t.Errorf("ended after %v, want 4 s", took)
		}
	})
}

// TestServerDowntime comes back as long as it takes.
func TestServerDowntime(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		r := startInBubble(t, n.config(), nil)
		for range 20 {
			p := n.accept(t)
			p.want(seto.PayloadType_PAYLOAD_LOGIN)
			p.send(loggedOut(eto.LogoutReason_LOGOUT_DOWNTIME))
			p.wantEnd()
		}
		p := n.accept(t)
		p.login()
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestResumption is what a later run goes on with, known after the end unless that
// was a logout.
func TestResumption(t *testing.T) {
	for _, clean := range []bool{false, true} {
		n := newNetwork(t, "pipe", false, pipe)
		config := n.config()
		config.Session.Resume = session.ResumeSession
		r := start(t, config, nil)
		p := n.accept(t)
		p.login()
		p.send(heartbeat())
		p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
		if clean {
			r.Stop()
			p.logout()
		} else {
			_ = r.Close()
			p.wantEnd()
		}
		_ = r.wait()
		want := session.Resumption{ID: "a session", In: 3, Out: 3}
		if clean {
			want = session.Resumption{}
		}
		if got := r.Resumption(); got != want {
			t.Errorf("clean %t: resumption %v, want %v", clean, got, want)
		}
	}
}

// TestResumeSession goes on with the session, its sequences and its subscriptions.
func TestResumeSession(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	config := n.config()
	config.Session.Resume = session.ResumeSession
	var resumed []bool
	r := start(t, config, func(e *engine.Engine) {
		e.OnLoggedIn(func(ev *engine.Event) {
			if resumed = append(resumed, ev.Resumed); !ev.Resumed {
				var m msg.MarketSubscribe
				m.SetMarketId(7)
				_, _ = e.SendMarketSubscribe(&m)
			}
		})
	})
	p := n.accept(t)
	p.login()
	p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE)
	p.close()
	again := n.accept(t)
	again.seq, again.got = p.seq, p.got
	m := again.login()
	if m.GetEtoPayload().GetSeq() != 3 || m.GetEtoPayload().GetLogin().GetSession() != "a session" {
		t.Errorf("login %v, want sequence 3 and the session", m)
	}
	r.Stop()
	again.wantEto(eto.PayloadType_PAYLOAD_LOGOUT)
	again.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
	if err := r.wait(); err != nil || !slices.Equal(resumed, []bool{false, true}) {
		t.Errorf("Run: %v, resumed %v", err, resumed)
	}
}
