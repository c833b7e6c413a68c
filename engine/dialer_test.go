package engine

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestDialerAbandons an attempt that does not end in time, and closes what it opens later; the connection of
// one that ends in time is closed too, and counts no more.
func TestDialerAbandons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, after := range []time.Duration{0, time.Second / 2, 2 * time.Second} {
			var canceled atomic.Bool
			socket := new(closeCounter)
			a := &attempt{cancel: func() { canceled.Store(true) }}
			d := dialer{attempt: a, results: make(chan dialResult, 1)}
			go func() {
				<-time.After(after)
				d.finish(a, dialResult{conn: socket})
			}()
			d.abandon(time.Second)
			if late := after > time.Second; (d.abandoned.Load() == 1) != late || !canceled.Load() {
				t.Errorf("after %v: %d abandoned, canceled %t", after, d.abandoned.Load(), canceled.Load())
			}
			<-time.After(after)
			synctest.Wait()
			if d.abandoned.Load() != 0 || socket.closed != 1 || len(d.results) != 0 {
				t.Errorf("after %v: %d abandoned, closed %d times, %d results",
					after, d.abandoned.Load(), socket.closed, len(d.results))
			}
		}
	})
}
