package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestRareEvents has the exchange say what it seldom says: each reaches the handlers of
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
			say := func(format string, args ...any) { got = append(got, fmt.Sprintf(format, args...)) }
			r := start(t, n.config(), func(e *engine.Engine) {
				e.OnLoggedIn(func(*engine.Event) {
					var m msg.OrderCancel
					m.SetOrderId(5)
					_, _ = e.OrderCancel(&m)
				})
				e.OnLoggedOut(func(ev *engine.Event) { say("logged out %v", ev.Reason) })
				e.OnThrottleExceeded(func(ev *engine.Event) { say("throttle exceeded %d %v", ev.Seq, ev.Origin) })
				e.OnUnknown(func(ev *engine.Event) { say("unknown %d %d", ev.Seq, ev.Payload.GetEtoPayload().GetType()) })
				e.OnSendResolved(func(ev *engine.Event) { say("send resolved %d %v", ev.Seq, ev.Fate) })
				e.OnPong(func(*engine.Event) { say("pong") })
				e.OnGap(func(*engine.Event) { say("gap") })
				e.OnMessage(func(*engine.Event) { say("message") })
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
				t.Errorf("handlers heard %q, want %q", got, c.want)
			}
		})
	}
}
