package session

import (
	"errors"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// TestFull fills the ring behind a socket that takes nothing: application messages
// are refused, session messages still find room, and nothing that was refused
// leaves a trace.
func TestFull(t *testing.T) {
	for _, records := range []int{16, 4096} {
		config := Config{DisableThrottle: true}
		config.Send.Bytes, config.Send.Records = ringBytesMin, records
		k := newEstablished(t, config)
		n := 0
		var err error
		for ; err == nil; n++ {
			_, err = send(k.s, k.now, msg.PayloadOrderCreate, orderCreate())
		}
		wantErr(t, err, ErrFull)
		k.counters(2, uint64(n+1))
		if pending := k.s.requests.open.n; pending != n-1 {
			t.Errorf("%d wait for answers, want %d", pending, n-1)
		}
		beats := 0
		if records > 16 {
			for ; beats < 50; beats++ {
				if err := k.s.outbox.sendBare(k.now, envelope.EtoHeartbeat); err != nil {
					t.Fatalf("session message %d: %v", beats, err)
				}
			}
		}
		k.ping()
		if err := k.s.Logout(k.now); err != nil {
			t.Error(err)
		}
		k.counters(2, uint64(n+3+beats))
		if sent := k.sent(); strings.Count(string(sent), "\x20\x01\x30") != n-1 {
			t.Error("not everything was sent")
		}
	}
}

func TestSendRefused(t *testing.T) {
	k := newEstablished(t, Config{ReferenceBase: 7})
	large := func(n int) *msg.OrderCreate {
		m := orderCreate()
		m.SetLabelString(strings.Repeat("x", n))
		return m
	}
	// A payload of exactly the limit passes: 27 bytes are the other fields and what
	// is around them.
	for _, c := range []struct {
		typ  msg.PayloadType
		m    wire.Marshaler
		want error
	}{
		{msg.PayloadOrderCreate, large(wire.OutboundBytesMax), ErrTooLarge},
		{msg.PayloadOrderCreate, large(2 * wire.OutboundBytesMax), ErrTooLarge},
		{msg.PayloadOrderCreate, new(msg.OrderCreate), msg.ErrRequired},
		{msg.PayloadOrderCreate, liar{size: 5, wrote: 4}, new(wire.MarshalError)},
		{msg.PayloadMarketSubscribe, liar{size: -1}, new(wire.MarshalError)},
		{msg.PayloadEto, orderCreate(), ErrPayloadType},
		{msg.PayloadLogin, orderCreate(), ErrPayloadType},
		{0, orderCreate(), ErrPayloadType},
		{-5, orderCreate(), ErrPayloadType},
		{typeMax + 1, orderCreate(), ErrPayloadType},
	} {
		_, err := send(k.s, k.now, c.typ, c.m)
		var marshal *wire.MarshalError
		if _, ok := c.want.(*wire.MarshalError); ok && errors.As(err, &marshal) {
			err = c.want
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.typ, err, c.want)
		}
		if len(k.s.Pending()) != 0 || k.s.requests.open.n != 0 || k.s.references.last != 7 {
			t.Errorf("%v: left a trace", c.typ)
		}
		k.counters(2, 2)
	}
	if tokens := k.s.throttle.tokens; tokens != throttleBurst*token {
		t.Errorf("took tokens: %d left", tokens)
	}
	seq, err := send(k.s, k.now, 1000, orderCreate())
	if err != nil || seq != 2 {
		t.Error("a type from the future:", seq, err)
	}
}

// liar is a message whose size is not what it writes.
type liar struct{ size, wrote int }

func (l liar) SizeVT() int                                { return l.size }
func (l liar) MarshalToSizedBufferVT([]byte) (int, error) { return l.wrote, nil }

// TestSequenceSpent ends a connection that has no number left to send with, whatever
// took the last one.
func TestSequenceSpent(t *testing.T) {
	for name, last := range map[string]func(*kit) error{
		"ping":    func(k *kit) error { _, err := k.s.Ping(k.now); return err },
		"logout":  func(k *kit) error { return k.s.Logout(k.now) },
		"message": func(k *kit) error { _, err := send(k.s, k.now, typeMax, &rawMessage{}); return err },
	} {
		k := newKit(t, Config{})
		k.open()
		k.feed(k.eto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
			e.MutableLoginResponse().SetSessionString("A")
			e.MutableLoginResponse().SetReset(sequenceMax)
		}))
		k.events()
		if err := k.s.Tick(k.now); err != nil {
			t.Errorf("with one number left: %v", err)
		}
		if err := last(k); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "logout" {
			continue
		}
		for what, again := range map[string]func() error{
			"ping":    func() error { _, err := k.s.Ping(k.now); return err },
			"logout":  func() error { return k.s.Logout(k.now) },
			"message": func() error { _, err := send(k.s, k.now, typeMax, &rawMessage{}); return err },
		} {
			if err := again(); !errors.Is(err, ErrSequenceSpent) {
				t.Errorf("%s after %s: %v", what, name, err)
			}
		}
		wantErr(t, k.s.Tick(k.now), ErrSequenceSpent)
		k.s.Lost(k.now, ErrSequenceSpent)
		k.events()
		k.open()
		k.counters(1, 2)
	}
}

// TestLargestMessage finds the limits from both sides, with a reference added or not.
func TestLargestMessage(t *testing.T) {
	for _, base := range []uint64{0, 1 << 60} {
		k := newEstablished(t, Config{ReferenceBase: base, DisableThrottle: true})
		largest := 0
		for n := wire.OutboundBytesMax - 40; n < wire.OutboundBytesMax+2; n++ {
			order := make([]byte, n)
			keys := msg.Keys{Type: msg.PayloadOrderCreate, Side: msg.SideBuy} // without a side no order leaves
			seq, err := k.s.Send(k.now, &rawMessage{order}, &keys)
			if err != nil {
				wantErr(t, err, ErrTooLarge)
				continue
			}
			if largest = n; seq == 0 {
				t.Fatal("no sequence")
			}
			payload, _, err := wire.Scan(k.sent(), wire.Limits{})
			if err != nil || len(payload) > wire.OutboundBytesMax {
				t.Fatalf("%d bytes: %v", len(payload), err)
			}
		}
		// Envelope and tags around the message, and the reference: 10 and 10 bytes.
		want := wire.OutboundBytesMax - 10
		if base != 0 {
			want -= 10
		}
		if largest != want {
			t.Errorf("base %d: %d bytes pass, want %d", base, largest, want)
		}
	}
	// A ring may be smaller than a frame may be.
	config := Config{}
	config.Send.Bytes = ringBytesMin
	k := newEstablished(t, config)
	_, err := send(k.s, k.now, msg.PayloadMarketSubscribe, &rawMessage{make([]byte, ringBytesMin)})
	wantErr(t, err, ErrTooLarge)
}
