package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/ring"
)

// lives is how many engines TestLifecycle starts and ends.
const lives = 1000 * seeds / seedsAll

// TestLifecycle starts engines, loses their connections, submits to them from
// other goroutines, and ends them, all in random order: each ends with an error that
// fits, every submission is resolved, and neither a goroutine nor a descriptor
// is left over.
func TestLifecycle(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	all := networks(t)
	noLeaks(t)
	descriptors := openDescriptors()
	for range lives {
		n := all[random.IntN(len(all))]
		for (n.secure || n.wait == engine.WaitSpin) && random.IntN(8) > 0 {
			n = all[random.IntN(len(all))] // those take long
		}
		live(t, n, random.Uint64())
	}
	// The other ends' TLS connections close in their own time.
	for end := time.Now().Add(10 * time.Second); openDescriptors() > descriptors; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors, %d before", openDescriptors(), descriptors)
		}
	}
}

// openDescriptors counts what the process has open, on systems that tell.
func openDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// live is the life of one engine.
func live(t *testing.T, n *network, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	config := n.config()
	config.ReconnectBackoff = []time.Duration{0, time.Millisecond}
	config.Session.Send = ring.SendRingConfig{Bytes: 16 << 10, Records: 64}
	config.Session.ReceiveBytes = 4096
	config.SubmitSlots = 16
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	stop, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		serve(n, rand.New(rand.NewPCG(seed, 2)), stop)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// Handlers end the engine after so many events, if no one else does.
	left := 1 + random.IntN(10)
	ends := []func(){e.Stop, cancel, func() { _ = e.Close() }}
	end := ends[random.IntN(len(ends))]
	e.OnState(func(*engine.Event) {
		if left--; left == 0 {
			end()
		}
	})
	// The bot and the exchange answer each other, so that something goes on.
	again := func(*engine.Event) { _, _ = e.SendPriceFeedUnsubscribe(new(msg.PriceFeedUnsubscribe)) }
	e.OnLoggedIn(again)
	e.OnMessage(again)
	early := random.IntN(20) == 0
	if early {
		end()
	}
	var others sync.WaitGroup
	for i := range random.IntN(3) {
		others.Go(func() { submit(t, e, rand.New(rand.NewPCG(seed, uint64(3+i))), ends) })
	}
	if random.IntN(2) == 0 {
		err = e.Run(ctx)
	} else {
		defer context.AfterFunc(ctx, e.Stop)()
		for err = e.Poll(); err == nil; err = e.Poll() {
			runtime.Gosched()
		}
	}
	if err != nil && !errors.Is(err, engine.ErrLoggedOut) && !errors.Is(err, engine.ErrClosed) &&
		!errors.Is(err, engine.ErrNotConfirmed) {
		t.Errorf("ended with %v", err)
	}
	others.Wait()
	if err := e.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	close(stop)
	<-gone
}

// submit submits until the engine has ended, and ends it now and then.
func submit(t *testing.T, e *engine.Engine, random *rand.Rand, ends []func()) {
	var s engine.Submission
	for {
		err := e.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), &s)
		if errors.Is(err, engine.ErrClosed) {
			return
		}
		if err == nil {
			_, err = s.Wait(t.Context())
			if !s.Done() {
				t.Errorf("submission is not resolved: %v", err)
				return
			}
		}
		_ = e.Stats()
		if random.IntN(50) == 0 {
			ends[random.IntN(len(ends))]()
		}
	}
}

// serve plays the exchange: it lets clients in and closes their connections at
// random moments.
func serve(n *network, random *rand.Rand, stop chan struct{}) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		select {
		case conn := <-n.accepted:
			seed := random.Uint64()
			conns.Go(func() { entertain(conn, rand.New(rand.NewPCG(seed, 0))) })
		case <-stop:
			for {
				select {
				case conn := <-n.accepted:
					_ = conn.Close()
				default:
					return
				}
			}
		}
	}
}

// entertain is one connection of serve.
func entertain(conn net.Conn, random *rand.Rand) {
	defer func() { _ = conn.Close() }()
	p := &peer{conn: conn}
	send := func(m *seto.Payload) bool {
		_, err := conn.Write(p.frame(m))
		return err == nil
	}
	for left := random.IntN(12); left > 0; left-- {
		m, err := p.tryReceive()
		if err != nil {
			return
		}
		switch m.GetEtoPayload().GetType() {
		case eto.PayloadType_PAYLOAD_LOGIN:
			if !send(loginResponse(2)) {
				return
			}
		case eto.PayloadType_PAYLOAD_LOGOUT:
			send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
			return
		default:
			if !send(quotes(7, 8, 2500)) {
				return
			}
		}
	}
}
