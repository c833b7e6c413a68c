package session

import (
	"errors"
	"io"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// TestDeferredSends lets pongs, a replay and a request wait for room.
func TestDeferredSends(t *testing.T) {
	config := Config{DisableThrottle: true}
	config.Send.Bytes, config.Send.Records = ringBytesMin, 4096
	k := newEstablished(t, config)
	for k.s.outbox.frames.PendingBytes() < k.s.outbox.bytesMax-envelope.EncodeFrameBytes {
		k.s.sendHeartbeat()
	}
	_, again := k.s.Counters()
	k.mustSend(msg.PayloadMarketSubscribe, new(msg.OrderCancelAll))
	for k.s.outbox.sendBare(k.now, envelope.EtoHeartbeat) == nil {
	}
	_, out := k.s.Counters()
	for range 3 {
		k.feed(k.eto(msg.EtoPayloadPing, nil))
	}
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(again) }))
	k.server += 5
	k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
	k.wantKinds(k.events(), Gap, StateChanged)
	k.counters(6, out)
	if _, err := send(k.s, k.now, msg.PayloadMarketSubscribe, new(msg.OrderCancelAll)); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	sent := k.sent()
	if k.s.hasDeferred() {
		t.Error("something is still deferred")
	}
	stats := k.s.Stats()
	if stats.MessagesAgain != 1 || stats.ReplaysAsked != 1 || stats.GapfillsOut < 50 {
		t.Errorf("%+v", stats)
	}
	pongs := 0
	for len(sent) > 0 {
		payload, n, err := wire.Scan(sent, wire.Limits{})
		if err != nil || n == 0 {
			t.Fatal(err)
		}
		sent = sent[n:]
		env, err := envelope.Parse(payload)
		if err != nil {
			t.Fatal(err)
		}
		if env.EtoType == envelope.EtoPong && !env.IsReplay {
			pongs++
		}
	}
	if pongs != 3 {
		t.Errorf("%d pongs, want 3", pongs)
	}
}

// TestReplayBeforeNewMessages holds back what is new while a replay waits for room: the peer
// would discard it. A large copy waits for the start of the ring here, while there is
// room for something small at its end.
func TestReplayBeforeNewMessages(t *testing.T) {
	config := Config{}
	config.Send.Bytes = ringBytesMin
	k := newEstablished(t, config)
	for i := range 4 {
		k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{make([]byte, 2050)})
		if i == 0 {
			k.sent()
		}
	}
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
	k.events()
	if !k.s.resender.active || k.s.outbox.frames.PendingBytes()+envelope.EncodeFrameBytes > k.s.outbox.bytesMax {
		t.Fatalf("active %t, pending %d", k.s.resender.active, k.s.outbox.frames.PendingBytes())
	}
	for _, m := range []wire.Marshaler{&rawMessage{}, new(msg.OrderCancelAll)} {
		if _, err := send(k.s, k.now, msg.PayloadMarketSubscribe, m); !errors.Is(err, ErrFull) {
			t.Errorf("%T: %v", m, err)
		}
	}
	k.sent()
	if k.s.hasDeferred() {
		t.Error("the replay still waits")
	}
	k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{})
}

// TestNothingDeferredAfterLost pays nothing on a connection that is gone: it would use up a
// sequence of the session.
func TestNothingDeferredAfterLost(t *testing.T) {
	config := Config{Resume: ResumeSession}
	config.Send.Bytes, config.Send.Records = ringBytesMin, 4096
	k := newEstablished(t, config)
	for k.s.outbox.sendBare(k.now, envelope.EtoHeartbeat) == nil {
	}
	_, out := k.s.Counters()
	k.feed(k.eto(msg.EtoPayloadPing, nil))
	k.events()
	k.s.Lost(k.now, io.EOF)
	k.s.Written(0)
	k.counters(3, out)
}

// TestIdleWithoutRoom waits for room without asking for the processor all the time.
func TestIdleWithoutRoom(t *testing.T) {
	config := Config{}
	config.Send.Bytes, config.Send.Records = ringBytesMin, 4096
	k := newEstablished(t, config)
	for k.s.outbox.sendBare(k.now, envelope.EtoHeartbeat) == nil {
	}
	for range 10 {
		k.feed(k.eto(msg.EtoPayloadPong, nil))
		k.events()
		k.now = k.s.Deadline()
		if err := k.s.Tick(k.now); err != nil {
			t.Fatal(err)
		}
		if k.s.Deadline() <= k.now {
			t.Fatal("the deadline does not move")
		}
	}
}

// TestSuppressedAndLost reports an order that a replay left out even if the connection ends
// before Next came to it.
func TestSuppressedAndLost(t *testing.T) {
	k := newEstablished(t, Config{})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.sent()
	k.now += 3 * second
	k.server += 3
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
	if e, err := k.s.Next(k.now); err != nil || e.Kind != Gap {
		t.Fatal(e, err)
	}
	k.s.Lost(k.now, io.EOF)
	events := k.events()
	k.wantKinds(events, StateChanged, StateChanged, SendResolved)
	if fate := events[2].Fate; fate != NotDelivered {
		t.Errorf("the order is %v", fate)
	}
	if k.s.requests.suppressed != 0 {
		t.Error("something is still to be reported")
	}
}

// TestSettingsDeferred lets the settings that follow a login wait behind a replay for which
// there is no room.
func TestSettingsDeferred(t *testing.T) {
	config := Config{
		Resume: ResumeSession, CancelAllOnFailure: true,
		ResumeFrom: Resumption{ID: "A", In: 5, Out: 5000},
	}
	config.Send.Bytes = ringBytesMin
	k := newKit(t, config)
	k.open()
	k.server = 5
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(1) }))
	k.server = 5
	k.receiveText("LOGIN_RESPONSE session=A")
	k.events()
	if _, out := k.s.Counters(); out != 5001 {
		t.Errorf("out %d: the settings did not wait", out)
	}
	var last []byte
	for sent := k.sent(); len(sent) > 0; {
		payload, n, err := wire.Scan(sent, wire.Limits{})
		if err != nil || n == 0 {
			t.Fatal(err)
		}
		last, sent = payload, sent[n:]
	}
	var p msg.Payload
	if err := p.Decode(last, nil); err != nil || !p.GetSettings().GetCancelAllOnFailure() ||
		p.GetEtoPayload().GetSeq() != 5001 {
		t.Error("the last message is", &p, err)
	}
}

// TestGapfillsMax finds the limit from both sides.
func TestGapfillsMax(t *testing.T) {
	for beyond := range uint64(2) {
		config := Config{Resume: ResumeSession, ResumeFrom: Resumption{ID: "A", In: 5, Out: 1 << 40}}
		k := newKit(t, config)
		k.open()
		k.server = 5
		k.receiveText("LOGIN_RESPONSE session=A")
		k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) {
			e.MutableReplay().SetSeq(1<<40 - GapfillsMax - beyond)
		}))
		if _, err := k.drain(); errors.Is(err, ErrReplayRange) != (beyond == 1) || (err != nil) != (beyond == 1) {
			t.Errorf("%d beyond: %v", beyond, err)
		}
		for n := 0; beyond == 0 && k.s.hasDeferred(); n++ {
			if k.sent(); n > 10 {
				t.Fatal("it takes for ever")
			}
		}
		if filled := k.s.Stats().GapfillsOut; beyond == 0 && filled != GapfillsMax+1 {
			t.Errorf("%d gapfills, want %d", filled, GapfillsMax+1)
		}
	}
}
