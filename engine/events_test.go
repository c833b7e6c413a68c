package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestRareEvents has the exchange send what it seldom sends: each reaches the handlers of
// its kind, with what they need to know, and no others.
func TestRareEvents(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(*testing.T, *peer)
		want []string
	}{
		{"throttle exceeded", func(_ *testing.T, p *peer) {
			p.send(etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_THROTTLE_EXCEEDED.Enum()}))
		}, []string{"throttle exceeded 2 live", "send resolved 2 in doubt", "logged out LOGOUT_CONFIRMATION"}},
		{"throttle exceeded, replayed", func(_ *testing.T, p *peer) {
			p.send(etoMessage(&eto.Payload{
				Type: eto.PayloadType_PAYLOAD_THROTTLE_EXCEEDED.Enum(), IsReplay: proto.Bool(true),
			}))
		}, []string{"throttle exceeded 2 replayed", "logged out LOGOUT_CONFIRMATION", "send resolved 2 in doubt"}},
		{"unknown", func(_ *testing.T, p *peer) {
			p.send(etoMessage(&eto.Payload{Type: eto.PayloadType(1000).Enum()}))
		}, []string{"unknown 2 1000", "logged out LOGOUT_CONFIRMATION", "send resolved 2 in doubt"}},
		{"logged out", func(t *testing.T, p *peer) {
			p.send(loggedOut(eto.LogoutReason_LOGOUT_UNAUTHORISED))
			p.wantEnd()
		}, []string{"logged out LOGOUT_UNAUTHORISED", "send resolved 2 in doubt"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, "pipe", false, pipe)
			var got []string
			logf := func(format string, args ...any) { got = append(got, fmt.Sprintf(format, args...)) }
			r := start(t, n.config(), func(e *engine.Engine) {
				e.OnLoggedIn(func(*engine.Event) {
					var m msg.OrderCancel
					m.SetOrderId(5)
					_, _ = e.SendOrderCancel(&m)
				})
				e.OnLoggedOut(func(ev *engine.Event) { logf("logged out %v", ev.Reason) })
				e.OnThrottleExceeded(func(ev *engine.Event) { logf("throttle exceeded %d %v", ev.Seq, ev.Origin) })
				e.OnUnknown(func(ev *engine.Event) {
					logf("unknown %d %d", ev.Seq,
						ev.Payload.GetEtoPayload().GetType())
				})
				e.OnSendResolved(func(ev *engine.Event) { logf("send resolved %d %v", ev.Seq, ev.Fate) })
				e.OnPong(func(*engine.Event) { logf("pong") })
				e.OnGap(func(*engine.Event) { logf("gap") })
				e.OnMessage(func(*engine.Event) { logf("message") })
			})
			p := n.accept(t)
			p.login()
			p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
			c.play(t, p)
			if c.name != "logged out" {
				r.Stop()
				p.logout()
			}
			_ = r.wait()
			if !slices.Equal(got, c.want) {
				t.Errorf("handlers seen %q, want %q", got, c.want)
			}
		})
	}
}

// TestAnswerMismatch answers a cancel by a message about another order: handlers and counts say so,
// the message is delivered all the same, and the cancel stays in doubt.
func TestAnswerMismatch(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	var got []string
	logf := func(format string, args ...any) { got = append(got, fmt.Sprintf(format, args...)) }
	var own uint64
	r := start(t, n.config(), func(e *engine.Engine) {
		e.OnLoggedIn(func(*engine.Event) {
			var m msg.OrderCancel
			m.SetOrderId(5)
			seq, _ := e.SendOrderCancel(&m)
			own, _ = e.Reference(seq)
		})
		e.OnAnswerMismatch(func(ev *engine.Event) {
			logf("mismatch %d %v %t", ev.Seq, ev.Type, ev.Reference == own && own != 0)
		})
		e.OnOrderCancelled(func(_ *engine.Event, m *msg.OrderCancelled) { logf("cancelled %d", m.GetOrderId()) })
		e.OnSendResolved(func(ev *engine.Event) { logf("resolved %d %v", ev.Seq, ev.Fate) })
	})
	p := n.accept(t)
	p.login()
	cancel := p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
	p.send(&seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_CANCELLED.Enum(),
		OrderCancelled: &seto.OrderCancelled{
			OrderId: proto.Uint64(6), Reference: proto.Uint64(cancel.GetOrderCancel().GetReference()),
			Reason: seto.OrderCancelledReason_ORDER_CANCELLED_MEMBER_REQUESTED.Enum(),
		},
	})
	r.Stop()
	p.logout()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
	want := []string{"mismatch 2 PAYLOAD_ORDER_CANCEL true", "cancelled 6", "resolved 2 in doubt"}
	if !slices.Equal(got[:min(3, len(got))], want) {
		t.Errorf("handlers seen %q, want %q", got, want)
	}
	if n := r.Stats().Session.AnswerMismatches; n != 1 {
		t.Errorf("%d mismatches counted, want 1", n)
	}
}

// TestUnsolicitedConfirmation has the exchange confirm a logout that no one asked for, and not the one that
// is asked for on the next connection: the end is not a confirmed one.
func TestUnsolicitedConfirmation(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	config := n.config()
	config.ReconnectBackoff = []time.Duration{time.Millisecond}
	r := start(t, config, nil)
	p := n.accept(t)
	p.login()
	p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
	p.wantEnd()
	p = n.accept(t)
	p.login()
	r.Stop()
	for p.receive().GetEtoPayload().GetType() != eto.PayloadType_PAYLOAD_LOGOUT {
	}
	p.close()
	if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) {
		t.Errorf("ended with %v, want ErrNotConfirmed", err)
	}
	if lost := r.Stats().Lost[engine.CauseLogout]; lost != 1 {
		t.Errorf("%d logouts by the exchange, want 1", lost)
	}
}
