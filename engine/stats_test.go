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
			e.OnLoggedIn(func(*engine.Event) { _, _ = e.PriceFeedSubscribe(new(msg.PriceFeedSubscribe)) })
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
		if err := r.Remote().PriceFeedUnsubscribe(new(msg.PriceFeedUnsubscribe), &s); err != nil {
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
		if got.BytesIn == 0 || got.BytesOut == 0 || got.UnsentPeak == 0 || got.HandedOverPeak != 1 {
			t.Errorf("bytes %d and %d, peaks %d and %d", got.BytesIn, got.BytesOut, got.UnsentPeak, got.HandedOverPeak)
		}
		if got.HandlerMax != 30*time.Millisecond || got.SlowHandlers != 2 || !strings.HasSuffix(got.SlowestHandler, ".takeLong") {
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

// TestLog reads what the logger is told, and looks for credentials in it.
func TestLog(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var out bytes.Buffer
		config := n.config()
		config.Session.Username, config.Session.Password = "a-user-name", "a-pass-word"
		config.Logger = slog.New(slog.NewTextHandler(&out, nil))
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(takeLong)
			e.OnLoggedIn(func(*engine.Event) {
				var m msg.OrderCancel
				m.SetOrderId(5)
				_, _ = e.OrderCancel(&m)
			})
		})
		p := n.accept(t)
		p.login()
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		p.send(quotes(7, 8, 2500), quotes(7, 8, 2500))
		p.close()
		p = n.accept(t)
		p.login()
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		for _, want := range []string{
			"session connecting", "session established", "slow handler", "takeLong took=30ms",
			`level=WARN msg="session disconnected" epoch=1 cause=EOF`, "connects again",
			`msg="message without an answer" epoch=1 seq=2 fate="in doubt"`, "engine ended",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, out.String())
			}
		}
		if n := strings.Count(out.String(), "slow handler"); n != 1 {
			t.Errorf("%d warnings of slow handlers within a second, want 1", n)
		}
		for _, secret := range []string{"a-user-name", "a-pass-word", "a session"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("the log says %q:\n%s", secret, out.String())
			}
		}
	})
}

// TestStuckLogger does not hold up the loop, nor its end.
func TestStuckLogger(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		read, write := io.Pipe()
		config := n.config()
		config.Logger = slog.New(slog.NewTextHandler(write, nil))
		r := startInBubble(t, config, nil)
		var p *peer
		for range 400 {
			p = n.accept(t)
			p.login()
			p.close()
		}
		p = n.accept(t)
		p.login()
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		if lost := r.Stats().LogsLost; lost == 0 {
			t.Error("nothing was dropped")
		}
		_ = read.Close()
	})
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
