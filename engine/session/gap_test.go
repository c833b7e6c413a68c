package session

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// TestProgressOfAGap pauses twice for as long as is asked for again, with progress between: that is
// two pauses, and no peer to be given up. Only a second pause without progress is.
func TestProgressOfAGap(t *testing.T) {
	k := newEstablished(t, Config{PeerTimeout: timeMax})
	k.server = 20
	k.feed(k.state(true))
	k.events()
	asked := uint64(1)
	for seq := uint64(2); seq < 12; seq++ {
		if _, err := k.waitUntil(k.now + int64(ReplayTimeout)); err != nil {
			t.Fatalf("before %d: %v", seq, err)
		}
		if asked++; k.s.Stats().ReplaysAsked != asked {
			t.Errorf("asked %d times, want %d", k.s.Stats().ReplaysAsked, asked)
		}
		if _, err := k.waitUntil(k.now + int64(ReplayTimeout) - 1); err != nil {
			t.Fatalf("before %d: %v", seq, err)
		}
		k.server = seq
		k.feed(k.state(true))
		k.wantKinds(k.events(), Message)
	}
	start := k.now
	_, err := k.waitUntil(k.now + int64(time.Hour))
	wantErr(t, err, ErrReplayTimeout)
	if after := time.Duration(k.now - start); after != 2*ReplayTimeout {
		t.Errorf("given up %v after the last progress", after)
	}
}

// TestHighestEarlyMessage bounds the gap of what came before the answer to the login by the highest of
// it, not by the last.
func TestHighestEarlyMessage(t *testing.T) {
	for _, early := range [][]uint64{{3, 5}, {5, 3}, {5, 2, 4}, {5, 5}} {
		k := newKit(t, Config{})
		k.open()
		for _, seq := range early {
			k.server = seq
			k.feed(k.state(false))
		}
		k.server = 1
		k.login()
		events := k.events()
		k.wantKinds(events, StateChanged, StateChanged, LoggedIn, Gap, StateChanged, CaughtUp)
		if e := events[3]; e.From != 2 || e.To != 4 {
			t.Errorf("early %d: gap %d-%d", early, e.From, e.To)
		}
		for seq := uint64(2); seq <= 5; seq++ {
			if k.s.State() != Recovering {
				t.Errorf("early %d: recovered before %d", early, seq)
			}
			k.server = seq
			k.feed(k.state(true))
			events = k.events()
		}
		k.wantKinds(events, Message, Recovered, StateChanged)
		if e := events[1]; e.From != 2 || e.To != 5 {
			t.Errorf("early %d: recovered %d-%d", early, e.From, e.To)
		}
	}
}

// TestGapTimeout holds back what comes behind a gap for as long as Config says, and no longer.
func TestGapTimeout(t *testing.T) {
	k := newEstablished(t, Config{ReplayTimeout: 3 * time.Second})
	k.server = 3
	k.feed(k.state(false))
	k.wantKinds(k.events(), Gap, StateChanged)
	start := k.now
	k.server = 9
	for i := range 100 {
		k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
		events, err := k.waitUntil(k.now + second/10)
		if len(events) != 0 {
			t.Fatalf("%v was returned in the gap", events)
		}
		if err != nil {
			wantErr(t, err, ErrReplayTimeout)
			if after := time.Duration(k.now - start); after != 6*time.Second {
				t.Errorf("given up after %v", after)
			}
			return
		}
		if i == 30 && k.s.Stats().ReplaysAsked != 2 {
			t.Errorf("asked %d times in 3.1 s", k.s.Stats().ReplaysAsked)
		}
	}
	t.Error("waits for ever")
}

// TestHighestOfAGap is the same for what comes amid a gap: it is closed behind the highest message that came
// too early, in whatever order they came.
func TestHighestOfAGap(t *testing.T) {
	k := newEstablished(t, Config{})
	for _, seq := range []uint64{5, 7, 3, 6} {
		k.server = seq
		k.feed(k.state(false))
	}
	k.wantKinds(k.events(), Gap, StateChanged)
	k.server = 2
	for range 5 {
		k.feed(k.state(true))
		k.wantKinds(k.events(), Message)
	}
	if k.s.State() != Recovering {
		t.Error("the gap is closed before its last message")
	}
	k.feed(k.state(true))
	events := k.events()
	k.wantKinds(events, Message, Recovered, StateChanged)
	if e := events[1]; e.From != 2 || e.To != 7 {
		t.Errorf("recovered %d-%d", e.From, e.To)
	}
}
