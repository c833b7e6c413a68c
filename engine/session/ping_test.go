package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

func TestPingsMax(t *testing.T) {
	k := newEstablished(t, Config{})
	for range PingsMax {
		k.ping()
	}
	_, err := k.s.Ping(k.now)
	wantErr(t, err, ErrPings)
	k.counters(2, 2+PingsMax)
	for i := range PingsMax {
		k.feed(k.eto(msg.EtoPayloadPong, nil))
		events := k.events()
		k.wantKinds(events, Pong)
		if events[0].Ping != uint64(2+i) {
			t.Fatalf("pong %d answers %d", i, events[0].Ping)
		}
	}
	k.ping()
}

// TestClockOrigin begins far below zero: only differences count.
func TestClockOrigin(t *testing.T) {
	k := newKit(t, Config{})
	k.now = -1000 * second
	k.open()
	k.login()
	k.events()
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	if until := k.s.Deadline() - k.now; until != int64(HeartbeatAfter) {
		t.Errorf("idle in %d", until)
	}
	k.sent()
	for range 4 {
		k.now = k.s.Deadline()
		if err := k.s.Tick(k.now); err != nil {
			t.Fatal(err)
		}
		k.events()
	}
	if k.now != -980*second || k.s.liveness.pings.n != 1 {
		t.Errorf("at %d, %d pings", k.now, k.s.liveness.pings.n)
	}
}

// TestPingsInterleaved has pings and pongs come and go, around the end of the ring and more than once.
func TestPingsInterleaved(t *testing.T) {
	k := newEstablished(t, Config{})
	var waiting []uint64
	for i := range 5 * PingsMax {
		for range 1 + i%3 {
			if len(waiting) < PingsMax {
				_, seq := k.s.Counters()
				k.ping()
				waiting = append(waiting, seq)
			}
		}
		for range 1 + i%2 {
			k.feed(k.eto(msg.EtoPayloadPong, nil))
			events := k.events()
			k.wantKinds(events, Pong)
			if events[0].Ping != waiting[0] {
				t.Fatalf("pong of %d, want %d", events[0].Ping, waiting[0])
			}
			waiting = waiting[1:]
		}
		k.sent()
	}
	if len(waiting) < PingsMax/2 {
		t.Errorf("only %d pings waited", len(waiting))
	}
}
