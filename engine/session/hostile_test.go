package session

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// The tests of this file are peers that lie, babble, drip and flood. Each has to end
// in a typed error or in progress, within the memory that was claimed.

// typed reports whether err is one that a driver can switch on.
func typed(err error) bool {
	var protocol *ProtocolError
	var logout *LogoutError
	return errors.As(err, &protocol) || errors.As(err, &logout) ||
		errors.Is(err, ErrSessionReplaced) || errors.Is(err, ErrSequenceSpent)
}

func TestHostileGarbage(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		k := newEstablished(t, Config{ReceiveBytes: 4096})
		var err error
		for i := 0; i < 50 && err == nil; i++ {
			b := make([]byte, 1+r.IntN(300))
			for j := range b {
				b[j] = byte(r.UintN(256))
				if seed%2 == 0 {
					b[j] &= 0x1f // more that looks like a message
				}
			}
			for len(b) > 0 && err == nil {
				n := copy(k.s.Free(), b)
				k.s.Filled(n)
				b = b[n:]
				_, err = k.drain()
			}
		}
		if err != nil && !typed(err) {
			t.Errorf("seed %d: %v", seed, err)
		}
		if err != nil {
			if again, same := k.s.Next(k.now); again != nil || !errors.Is(same, err) {
				t.Errorf("seed %d: the error does not stick: %v", seed, same)
			}
			if same := k.s.Tick(k.now); !errors.Is(same, err) {
				t.Errorf("seed %d: the error does not stick: %v", seed, same)
			}
		}
	}
}

// TestHostileEnvelope sends a payload whose sequence cannot be read, and names the error as users do.
func TestHostileEnvelope(t *testing.T) {
	k := newEstablished(t, Config{})
	k.feed(unhex(t, "06080512030889"))
	_, err := k.drain()
	var protocol *ProtocolError
	var envelope *EnvelopeError
	if !errors.As(err, &protocol) || !errors.As(err, &envelope) || envelope.Offset != 3 || !typed(err) {
		t.Errorf("%v", err)
	}
}

// TestHostileLengths announces more than is ever sent.
func TestHostileLengths(t *testing.T) {
	for _, header := range []string{
		"ffffffff7f", "80808080808080808080", "ffffffffffffffffff01",
		"8180808080808080808001",
	} {
		k := newEstablished(t, Config{ReceiveBytes: 4096})
		k.feed(unhex(t, header))
		_, err := k.drain()
		var frame *wire.FrameError
		if !errors.As(err, &frame) || !typed(err) {
			t.Errorf("%s: %v", header, err)
		}
	}
	// A length within the limit is believed as far as bytes arrive.
	k := newEstablished(t, Config{ReceiveBytes: 4096})
	k.feed([]byte{0xff, 0xff, 0xff, 0x07})
	before := heap()
	for range 3 {
		k.feed(bytes.Repeat([]byte{0}, 1000))
		k.wantKinds(k.events())
	}
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("%d bytes for 3000 that arrived", grown)
	}
	// And not for ever.
	for end := k.now + int64(2*PeerTimeout) - 1; k.now < end; k.now = min(k.s.Deadline(), end) {
		k.feed([]byte{0})
		k.events()
		if err := k.s.Tick(k.now); err != nil {
			t.Fatal(err)
		}
	}
	k.now++
	wantErr(t, k.s.Tick(k.now), ErrPeerSilent)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestHostileSequences sends valid messages with insane sequences, in each state in
// which something arrives.
func TestHostileSequences(t *testing.T) {
	for _, seq := range []uint64{0, 1 << 21, 1 << 32, 1<<63 - 1, 1 << 63, sequenceMax, math.MaxUint64} {
		for typ := msg.EtoPayloadType(1); typ <= 11; typ++ {
			for _, established := range []bool{false, true} {
				k := newKit(t, Config{ReceiveBytes: 4096})
				k.open()
				if established {
					k.login()
				}
				k.events()
				var p msg.Payload
				p.SetType(msg.PayloadEto)
				p.MutableEtoPayload().SetType(typ)
				p.MutableEtoPayload().SetSeq(seq)
				p.MutableEtoPayload().MutableReplay().SetSeq(seq)
				p.MutableEtoPayload().MutableLoginResponse().SetSessionString("x")
				p.MutableEtoPayload().MutableLoginResponse().SetReset(seq)
				b := k.payload(&p)
				k.feed(b)
				k.feed(b)
				if _, err := k.drain(); err != nil && !typed(err) {
					t.Errorf("%v %d: %v", typ, seq, err)
				}
				k.sent()
			}
		}
	}
}

// TestHostileFlood floods with what has to be answered, while the socket takes
// nothing: what is deferred stays bounded.
func TestHostileFlood(t *testing.T) {
	config := Config{}
	config.Send.Bytes = ringBytesMin
	for name, typ := range map[string]msg.EtoPayloadType{
		"pings": msg.EtoPayloadPing, "heartbeats": msg.EtoPayloadHeartbeat, "pongs": msg.EtoPayloadPong,
		"throttle": msg.EtoPayloadThrottleExceeded, "unknown": 77, "replay requests": msg.EtoPayloadReplay,
	} {
		k := newEstablished(t, config)
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		for range 20000 {
			k.feed(k.eto(typ, func(e *msg.EtoPayload) {
				if typ == msg.EtoPayloadReplay {
					e.MutableReplay().SetSeq(1)
				}
			}))
			k.events()
		}
		if n := len(k.sent()); n > ringBytesMin+pongsMax*16+ringBytesMin {
			t.Errorf("%s: %d bytes", name, n)
		}
		if in, _ := k.s.Counters(); in != 20002 {
			t.Errorf("%s: %d handled", name, in-2)
		}
	}
}

// TestHostileReplay never ends a replay: each message is one more behind the gap, or
// the same once more. A peer that makes no progress is given up.
func TestHostileReplay(t *testing.T) {
	for name, next := range map[string]func(k *kit, i uint64) uint64{
		"always further":   func(_ *kit, i uint64) uint64 { return 10 + i },
		"always the same":  func(_ *kit, _ uint64) uint64 { return 10 },
		"always the first": func(_ *kit, _ uint64) uint64 { return 1 },
	} {
		k := newEstablished(t, Config{PeerTimeout: timeMax})
		k.server = 10
		k.feed(k.state(true))
		var err error
		i := uint64(0)
		for ; err == nil && i < 1000; i++ {
			k.server = next(k, i)
			k.feed(k.state(true))
			if _, err = k.drain(); err == nil {
				k.now += second / 10
				err = k.s.Tick(k.now)
			}
			k.sent()
		}
		wantErr(t, err, ErrReplayTimeout)
		if i != 100 {
			t.Errorf("%s: given up after %d messages, want 100", name, i)
		}
	}
}

// TestHostileServing asks again and again for everything: each request costs what the
// ring has room for, and no more, and without progress only so many are served.
func TestHostileServing(t *testing.T) {
	k := newEstablished(t, Config{DisableThrottle: true, AnswerTimeout: timeMax})
	for range 4000 {
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		k.sent()
	}
	for range 20 {
		k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(1) }))
		k.events()
		k.sent()
	}
	stats := k.s.Stats()
	if stats.ReplaysServed != replaysMax || stats.ReplaysRefused != 20-replaysMax ||
		stats.GapfillsOut+stats.MessagesAgain != replaysMax*4001 {
		t.Errorf("%+v", stats)
	}
	if k.s.requests.open.n == 4000 || k.s.requests.open.n+int(stats.Unanswered) != 4000 {
		t.Errorf("%d of 4000 wait, the fate of %d was reported", k.s.requests.open.n, stats.Unanswered)
	}
}

// TestHostileLogin repeats what follows a login before there is one, and lies in the
// answer.
func TestHostileLogin(t *testing.T) {
	k := newKit(t, Config{})
	k.open()
	for range 1000 {
		k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(1) }))
		k.feed(k.state(false))
		k.feed(k.eto(msg.EtoPayloadPing, nil))
	}
	k.wantKinds(k.events(), StateChanged)
	k.counters(1, 2)
	if n := len(k.sent()); n > 100 {
		t.Errorf("%d bytes before the answer to the login", n)
	}
	k.now += int64(LoginTimeout)
	wantErr(t, k.s.Tick(k.now), ErrLoginTimeout)
	k.s.Lost(k.now, ErrLoginTimeout)
	k.events()

	// Half open: the connection is open, and nothing arrives.
	for range 5 {
		k.open()
		k.sent()
		k.events()
		k.now = k.s.Deadline()
		wantErr(t, k.s.Tick(k.now), ErrLoginTimeout)
		k.s.Lost(k.now, io.EOF)
		k.events()
	}
}

// TestHostileEvents brings about as many events by one message as there can be.
func TestHostileEvents(t *testing.T) {
	k := newKit(t, Config{AccountSequence: 5, CancelAllOnFailure: true})
	if err := k.s.Connecting(k.now); err != nil {
		t.Fatal(err)
	}
	k.open()
	k.server = 9
	k.feed(k.state(false))
	k.server = 5
	k.login()
	k.wantKinds(k.events(), StateChanged, StateChanged, StateChanged, LoggedIn, Gap, StateChanged)
	for seq := uint64(1); seq <= 9; seq++ {
		k.server = seq
		if seq == 9 {
			k.mustSend(msg.PayloadOrderCreate, orderCreate())
			k.feed(k.eto(msg.EtoPayloadThrottleExceeded, nil))
			if err := k.s.Logout(k.now); err != nil {
				t.Fatal(err)
			}
			break
		}
		k.feed(k.state(true))
		k.events()
	}
	k.wantKinds(k.events(), StateChanged, ThrottleExceeded, SendResolved, Recovered)
}
