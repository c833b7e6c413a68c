package engine_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
)

// TestHandOverToARestingLoop hands functions over while the loop rests between attempts to
// connect: how long it slept is not what they took.
func TestHandOverToARestingLoop(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		c := n.config()
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody is there") }
		r := startInBubble(t, c, nil)
		for range 3 {
			<-time.After(300 * time.Millisecond)
			var s engine.Submission
			err := r.Remote().Do(func() {}, &s)
			if err == nil {
				_, err = s.Wait(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Second)
		if got := r.Stats(); got.HandlerMax != 0 || got.SlowHandlers != 0 {
			t.Errorf("%q took %v, %d slow", got.SlowestHandler, got.HandlerMax, got.SlowHandlers)
		}
		_ = r.Close()
		_ = r.wait()
	})
}
