package engine_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
)

// TestSubmittedSendsAreNoHandlersTime: a submitted send that waits for a full socket is not counted as the time
// of the quick handlers before and after it. It is a loop delay, with a cause of its own.
func TestSubmittedSendsAreNoHandlersTime(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.Session.Send.Records, config.Session.DisableThrottle = 64, true
		var broken atomic.Bool
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, address)
			return oneWay{conn, &broken, true}, err
		}
		calls := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				if calls++; calls != 100 {
					return
				}
				broken.Store(true)
				for range 100 {
					if err := e.Submitter().SendOrderCancel(cancelOf(5), nil); err != nil {
						t.Error(err)
					}
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.sendBacklog(200)
		advance(3 * time.Second)
		_ = r.Close()
		_ = r.wait()
		got := r.Stats()
		if calls <= 100 || got.HandlerMax >= engine.SlowHandler || got.SlowHandlers != 0 {
			t.Errorf("after %d calls %d slow handlers, the slowest of %v is %q",
				calls, got.SlowHandlers, got.HandlerMax, got.SlowestHandler)
		}
		if got.LoopDelayMax < engine.SendWait || got.LoopDelayCause != "a send that waited for the socket" {
			t.Errorf("a loop delay of %v, because of %q", got.LoopDelayMax, got.LoopDelayCause)
		}
	})
}
