package inspect

import (
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// slowest returns the slowest round trip of a journal, after checks that hold for all.
func slowest(t *testing.T, dir string) *RoundTrip {
	t.Helper()
	return slow(t, dir)[0]
}

// slow returns the fifty slowest, after checks that hold for all.
func slow(t *testing.T, dir string) []*RoundTrip {
	t.Helper()
	all, err := Slowest(t.Context(), dir, 50)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("%d round trips", len(all))
	}
	for i, r := range all {
		stages := r.Handler + r.Ring + r.Network + r.Queue
		least := min(r.Handler, r.Ring, r.Network, r.Queue, r.Held)
		if r.Held == 0 && stages != r.Total || stages > r.Total || least < 0 {
			t.Errorf("stages do not add up: %+v", r)
		}
		if i > 0 && r.Total > all[i-1].Total {
			t.Errorf("not sorted: %d after %d", r.Total, all[i-1].Total)
		}
	}
	t.Log("\n" + all[0].Text())
	return all
}

// wantCause holds a round trip to the cause that was planted.
func wantCause(t *testing.T, r *RoundTrip, cause string, words ...string) {
	t.Helper()
	if r.Cause != cause || r.Total < int64(planted)/2 {
		t.Errorf("cause %q, want %q:\n%s", r.Cause, cause, r.Text())
	}
	for _, w := range words {
		if !strings.Contains(r.Why, w) {
			t.Errorf("%q does not name %q", r.Why, w)
		}
	}
}

// TestSlowHandler plants a handler that takes long after it has sent, and one that keeps an answer waiting that has
// arrived.
func TestSlowHandler(t *testing.T) {
	t.Run("that sends", func(t *testing.T) {
		dir := record(t, 40, nil, nil, func(b *trader) {
			b.plant = func(round int) {
				if round == 20 {
					time.Sleep(planted)
				}
			}
		})
		r := slowest(t, dir)
		wantCause(t, r, CauseHandler, "(*trader).order-fm took")
		if r.Ring < int64(planted) {
			t.Errorf("the request left in time: %s", r.Text())
		}
	})
	t.Run("of another message", func(t *testing.T) {
		dir := record(t, 40, nil, nil, func(b *trader) {
			b.OnPayload(func(r *engine.TapRecord) {
				if b.rounds == 20 && r.Direction == session.Inbound {
					b.rounds++ // once
					time.Sleep(planted)
				}
			})
		})
		wantCause(t, slowest(t, dir), CauseHandler, "TestSlowHandler.func")
	})
}

// TestSlowCollection plants garbage collections that have to wait for a copy, which cannot be interrupted: the program
// stands still meanwhile.
func TestSlowCollection(t *testing.T) {
	const size = 512 << 20
	from, to := make([]byte, size), make([]byte, size)
	for i := 0; i < size; i += 4096 { // have the system give the memory now
		from[i], to[i] = 1, 1
	}
	var collected atomic.Bool
	unlimited := func(c *sim.Config) { c.Throttle.Off = true }
	dir := record(t, 40, unlimited, nil, func(b *trader) {
		b.plant = func(round int) {
			if round != 20 {
				return
			}
			go func() {
				for range 3 {
					copying := make(chan bool)
					done := make(chan bool)
					go func() {
						close(copying)
						copy(to, from)
						close(done)
					}()
					<-copying
					runtime.GC()
					<-done
				}
				time.Sleep(planted) // until the journal has noticed
				collected.Store(true)
			}()
		}
		b.more = func() bool { return !collected.Load() }
	})
	// How long a copy takes is the machine's: where something else holds the program for longer, that is the slowest.
	all := slow(t, dir)
	if !slices.ContainsFunc(all, func(r *RoundTrip) bool { return r.Cause == CauseGC && r.Collections > 0 }) {
		t.Errorf("none of the slowest is a collection's; the first is\n%s", all[0].Text())
	}
}

// TestSlowThrottle plants an exchange that allows two messages a second.
func TestSlowThrottle(t *testing.T) {
	dir := record(t, 12, func(c *sim.Config) {
		c.Throttle = sim.Throttle{Rate: 3, Burst: 20, Tick: time.Second}
	}, nil, nil)
	r := slowest(t, dir)
	wantCause(t, r, CauseThrottle, "refused")
	if r.Refusals == 0 || r.Held < int64(planted) {
		t.Errorf("%+v", r)
	}
}

// TestSlowPeer plants a network that holds what the exchange sends.
func TestSlowPeer(t *testing.T) {
	var held atomic.Bool
	dir := record(t, 40, nil, func(address string) string {
		return proxy(t, address, func() {
			if held.CompareAndSwap(true, false) {
				time.Sleep(planted)
			}
		})
	}, func(b *trader) {
		b.plant = func(round int) { held.Store(round == 20) }
	})
	r := slowest(t, dir)
	wantCause(t, r, CausePeer)
	if r.Network < r.Total/2 {
		t.Errorf("%s", r.Text())
	}
}

// TestSlowBacklog plants two hundred messages that arrive at once, each of which takes a while.
func TestSlowBacklog(t *testing.T) {
	const burst = 200
	dir := record(t, 40, nil, nil, func(b *trader) {
		b.plant = func(round int) {
			if round == 20 {
				for range burst {
					var m msg.OrderCancel
					m.SetOrderId(1) // there is none
					if _, err := b.SendOrderCancel(&m); err != nil {
						t.Error(err)
					}
				}
			}
		}
		b.OnPayload(func(r *engine.TapRecord) {
			if b.rounds >= 20 && r.Direction == session.Inbound {
				time.Sleep(2 * planted / burst)
			}
		})
	})
	r := slowest(t, dir)
	wantCause(t, r, CauseBacklog, "messages")
	if r.Messages < burst/4 {
		t.Errorf("%d messages: %s", r.Messages, r.Text())
	}
}
