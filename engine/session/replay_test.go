package session

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// replay has the server ask for everything from a sequence on.
func (k *kit) replay(from uint64) {
	k.t.Helper()
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(from) }))
	k.events()
}

// frame is one frame of the client, as the server reads it.
type frame struct {
	seq     uint64
	typ     msg.PayloadType
	eto     uint32
	replay  bool
	payload []byte
}

// frames takes what the session sends, frame by frame.
func (k *kit) frames() (frames []frame) {
	k.t.Helper()
	for sent := k.sent(); len(sent) > 0; {
		payload, n, err := wire.Scan(sent, wire.Limits{})
		if err != nil || n == 0 {
			k.t.Fatal(n, err)
		}
		env, err := envelope.Parse(payload)
		if err != nil {
			k.t.Fatal(err)
		}
		frames = append(frames, frame{env.Seq, msg.PayloadType(env.Type), env.EtoType, env.IsReplay, payload})
		sent = sent[n:]
	}
	return frames
}

// acceptOrder answers a create, by its reference.
func (k *kit) acceptOrder(seq, reference uint64) {
	k.t.Helper()
	var p msg.Payload
	a := p.MutableOrderAccepted()
	a.SetSeq(seq)
	a.SetReference(reference)
	a.SetOrderId(1000 + seq)
	k.feed(k.payload(&p))
	k.events()
}

// TestReplayOfAnsweredOrders asks 6,000 times for five orders that were answered: none of
// them is sent again.
func TestReplayOfAnsweredOrders(t *testing.T) {
	k := newEstablished(t, Config{ReferenceBase: 100, PeerTimeout: timeMax})
	for i := range uint64(5) {
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		k.acceptOrder(2+i, 101+i)
	}
	k.sent()
	for range 6000 {
		k.replay(2)
		for _, f := range k.frames() {
			if f.eto != envelope.EtoGapfill || !f.replay {
				t.Fatalf("sent again: %+v", f)
			}
		}
		k.now += second / 100
	}
	stats := k.s.Stats()
	if stats.ReplaysServed != 60/5*replaysMax || stats.ReplaysServed+stats.ReplaysRefused != 6000 ||
		stats.GapfillsOut != 5*stats.ReplaysServed {
		t.Errorf("%+v", stats)
	}
}

// TestReplayOfAnOrderInDoubt does not send again what was reported: the exchange dropped something,
// and asks for it a moment later.
func TestReplayOfAnOrderInDoubt(t *testing.T) {
	k := newEstablished(t, Config{})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.sent()
	k.feed(k.eto(msg.EtoPayloadThrottleExceeded, nil))
	k.wantKinds(k.events(), ThrottleExceeded, SendResolved)
	k.replay(2)
	frames := k.frames()
	if len(frames) != 2 || frames[0].eto != envelope.EtoGapfill || frames[1].typ != msg.PayloadOrderCreate {
		t.Errorf("%+v", frames)
	}
}

// TestReplayLimit serves so many requests from one place in a while, and more as the peer
// gets on or time passes.
func TestReplayLimit(t *testing.T) {
	k := newEstablished(t, Config{})
	for range 20 {
		k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{})
	}
	k.sent()
	ask := func(from uint64, want int) {
		t.Helper()
		served := 0
		for range 3 * replaysMax {
			if k.replay(from); len(k.frames()) > 0 {
				served++
			}
		}
		if served != want {
			t.Errorf("served %d times from %d, want %d", served, from, want)
		}
	}
	ask(2, replaysMax)
	ask(1, 0)
	ask(3, replaysMax) // it got on
	ask(2, 0)
	k.now += int64(ReplayTimeout) - 1
	ask(3, 0)
	k.now++
	ask(2, replaysMax)
	k.now += int64(ReplayTimeout)
	ask(21, replaysMax)
	ask(22, 0) // nothing was sent with that number
	// A new connection begins anew.
	k.s.Lost(k.now, io.EOF)
	k.events()
	k.open()
	k.login()
	k.events()
	k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{})
	k.sent()
	ask(2, replaysMax)
}

// TestReplayWithoutProgress ends the connection with a peer that asks from one place for ever, and not
// with one that asks now and then, or that gets on.
func TestReplayWithoutProgress(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration
		from  func(i uint64) uint64
		ends  time.Duration
	}{
		{"for ever", time.Second, func(uint64) uint64 { return 2 }, PeerTimeout},
		{"again and again", 10 * time.Millisecond, func(uint64) uint64 { return 2 }, PeerTimeout},
		{"back and forth", time.Second, func(i uint64) uint64 { return 3 - i%2 }, PeerTimeout},
		{"as late as it may", 2 * ReplayTimeout, func(uint64) uint64 { return 2 }, PeerTimeout},
		{"now and then", 2*ReplayTimeout + 1, func(uint64) uint64 { return 2 }, 0},
		{"it gets on", time.Second, func(i uint64) uint64 { return 2 + i }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newEstablished(t, Config{AnswerTimeout: timeMax})
			for range 200 {
				k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{})
				k.sent()
			}
			start := k.now
			for i := range uint64(100_000) {
				k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(c.from(i)) }))
				_, err := k.drain()
				k.sent()
				if err != nil {
					wantErr(t, err, ErrUnresponsive)
					if p := PolicyOf(err); p != (Policy{Retry: RetryBackoff}) {
						t.Errorf("policy %+v", p)
					}
					if after := time.Duration(k.now - start); after < c.ends || after >= c.ends+c.every || c.ends == 0 {
						t.Errorf("ended after %v, want %v", after, c.ends)
					}
					return
				}
				if k.now-start > int64(20*PeerTimeout) {
					break
				}
				if _, err := k.waitUntil(k.now + int64(c.every)); err != nil {
					t.Fatal(err)
				}
			}
			if c.ends != 0 {
				t.Error("goes on for ever")
			}
		})
	}
}

// TestReplayRefusedWhileServing asks too often while a replay waits for room: what is left of it
// comes all the same.
func TestReplayRefusedWhileServing(t *testing.T) {
	config := Config{}
	config.Send.Bytes = ringBytesMin
	k := newEstablished(t, config)
	for range 20 {
		k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{make([]byte, 600)})
		k.sent()
	}
	for range 3 * replaysMax {
		k.replay(2) // the socket takes nothing
	}
	if !k.s.resender.active {
		t.Fatal("the replay has room")
	}
	next := k.s.resender.next
	k.replay(2)
	if k.s.resender.next != next {
		t.Error("a refused request began the replay anew")
	}
	var last frame
	for range 10 {
		for _, f := range k.frames() {
			last = f
		}
	}
	if _, out := k.s.Counters(); k.s.hasDeferred() || last.seq != out-1 || !last.replay {
		t.Errorf("the last frame is %d of %d, active %t", last.seq, out-1, k.s.hasDeferred())
	}
}

// TestCopyOfAnEvictedFrame makes room for a copy by evicting the very frame: a gapfill takes its
// place, and an order is reported as not delivered.
func TestCopyOfAnEvictedFrame(t *testing.T) {
	config := Config{}
	config.Send.Bytes = ringBytesMin
	k := newEstablished(t, config)
	large := orderCreate()
	large.SetLabelString(strings.Repeat("x", 5800))
	k.mustSend(msg.PayloadOrderCreate, large) // 2
	k.sent()
	k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{bytes.Repeat([]byte{0xff}, 5800)})
	k.sent()
	if _, _, ok := k.s.outbox.frames.Frame(2); !ok {
		t.Fatal("the order is gone before it was asked for")
	}
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
	events := k.events()
	k.wantKinds(events, SendResolved)
	if e := events[0]; e.Seq != 2 || e.Fate != NotDelivered || !errors.Is(e.Cause, ErrStale) {
		t.Errorf("%+v", e)
	}
	frames := k.frames()
	if len(frames) == 0 || frames[0].seq != 2 || frames[0].eto != envelope.EtoGapfill || !frames[0].replay {
		t.Errorf("%d frames, the first is %+v", len(frames), frames[0])
	}
}

// TestCopyWhoseHeaderGrows sends payloads of every size around 127 bytes again: with the flag of a
// replay they are two bytes longer, and the header may be one.
func TestCopyWhoseHeaderGrows(t *testing.T) {
	seen := make(map[int]bool)
	for _, sequence := range []uint64{2, 127, 128, 16383} { // of one byte, of two, of three
		k := newKit(t, Config{Resume: ResumeSession, ResumeFrom: Resumption{ID: "A", In: 5, Out: sequence - 1}})
		k.open()
		k.server = 5
		k.receiveText("LOGIN_RESPONSE session=A")
		k.events()
		for n := 105; n < 135; n++ {
			k.sent()
			_, seq := k.s.Counters()
			k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{bytes.Repeat([]byte{byte(n)}, n)})
			original := k.frames()[0]
			seen[len(original.payload)] = true
			k.replay(seq)
			copies := k.frames()
			if len(copies) != 1 || copies[0].seq != seq || !copies[0].replay ||
				len(copies[0].payload) != len(original.payload)+2 {
				t.Fatalf("payload of %d bytes, again: %+v", len(original.payload), copies)
			}
			body := original.payload[len(original.payload)-n:]
			if !bytes.HasSuffix(copies[0].payload, body) {
				t.Fatalf("payload of %d bytes: the body is another one", len(original.payload))
			}
			k.now += int64(ReplayTimeout)
		}
	}
	for n := 120; n < 135; n++ {
		if !seen[n] {
			t.Errorf("no payload of %d bytes", n)
		}
	}
}

// TestCopiesAcrossRequests has the exchange ask twice when the session is resumed, the second
// time for less. Then the session is gone: of both orders, which never left by themselves, copies did.
func TestCopiesAcrossRequests(t *testing.T) {
	k := newEstablished(t, Config{Resume: ResumeSession})
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 2, not sent
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 3
	k.s.Lost(k.now, io.EOF)
	k.events()
	k.open()
	k.server = 2
	k.receiveText("LOGIN_RESPONSE session=A")
	k.replay(2)
	k.replay(3)
	k.sent()
	k.s.Lost(k.now, io.EOF)
	k.events()
	if err := k.s.Forget(); err != nil {
		t.Fatal(err)
	}
	events := k.events()
	k.wantKinds(events, SendResolved, SendResolved)
	for _, e := range events {
		if e.Fate != InDoubt {
			t.Errorf("%d is %v, and a copy of it was sent", e.Seq, e.Fate)
		}
	}
}

// TestFateOfAnEvictedOrder has the order's frame gone from the ring, and all that is left there
// unsent: the order did leave.
func TestFateOfAnEvictedOrder(t *testing.T) {
	config := Config{}
	config.Send.Records = ringRecordsMin
	k := newEstablished(t, config)
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	for range 2 * cancelAllRecords { // beyond what is kept for an order_cancel_all
		if err := k.s.outbox.sendBare(k.now, envelope.EtoHeartbeat); err != nil {
			t.Fatal(err)
		}
	}
	k.sent()
	for k.s.outbox.sendBare(k.now, envelope.EtoHeartbeat) == nil {
	}
	if k.s.outbox.frames.Oldest() <= 2 {
		t.Fatal("the order is still kept")
	}
	k.s.Lost(k.now, io.EOF)
	events := k.events()
	k.wantKinds(events, StateChanged, SendResolved)
	if len(events) > 1 && (events[1].Seq != 2 || events[1].Fate != InDoubt) {
		t.Errorf("order %d is %v", events[1].Seq, events[1].Fate)
	}
}

// TestFateOfOrdersByTheirOwnFrames has an order sent and one not, both kept, with other frames between.
func TestFateOfOrdersByTheirOwnFrames(t *testing.T) {
	k := newEstablished(t, Config{})
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 2
	k.ping()
	k.sent()
	k.ping()
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 5
	k.ping()
	k.s.Lost(k.now, io.EOF)
	events := k.events()
	k.wantKinds(events, StateChanged, SendResolved, SendResolved)
	if events[1].Seq != 2 || events[1].Fate != InDoubt || events[2].Seq != 5 || events[2].Fate != NotSent {
		t.Errorf("%d is %v, %d is %v", events[1].Seq, events[1].Fate, events[2].Seq, events[2].Fate)
	}
}

// TestEntryReuse has a request in the place of one that was sent again and answered, of one that was
// suppressed, and of one that was pending: nothing of those is its own.
func TestEntryReuse(t *testing.T) {
	k := newEstablished(t, Config{UnansweredMax: 1})
	for name, before := range map[string]func(seq uint64){
		"sent again": func(seq uint64) {
			k.create(5)
			k.replay(seq)
			if !k.s.requests.open.first().is(flagResent) {
				t.Error("no copy was sent")
			}
			k.receiveText("order_rejected reference=5 reason=MARKET_HALTED")
		},
		"suppressed": func(seq uint64) {
			k.create(5)
			k.sent()
			k.now += int64(StaleAfter) + 1
			k.replay(seq)
		},
		"pending": func(uint64) {
			k.sendText("order_cancel_replace orig_order_id=8 price=2600 quantity=5000 reference=5")
			k.receiveText("order_pending_replace order_id=9 orig_order_id=8 reference=5")
			k.receiveText("order_cancel_replace_accepted order_id=9 orig_order_id=8 reference=5")
		},
		"nothing": func(uint64) {},
	} {
		_, seq := k.s.Counters()
		before(seq)
		k.events()
		k.sent()
		k.now += int64(ReplayTimeout)
		_, seq = k.s.Counters()
		k.create(6)
		k.sent()
		if e := k.s.requests.open.first(); e.is(flagResent) || e.is(flagSuppressed) || e.is(flagPending) {
			t.Errorf("%s: %+v", name, e)
		}
		k.now += int64(StaleAfter) + 1
		k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(seq) }))
		events := k.events()
		if len(events) != 1 || events[0].Fate != NotDelivered || events[0].Seq != seq {
			t.Errorf("%s: %+v", name, events)
		}
	}
}

// TestHoldCreates has the exchange request an order, a replace and a cancel again: while creates are held only the
// cancel is sent again, and the others were not delivered.
func TestHoldCreates(t *testing.T) {
	for _, held := range []bool{false, true} {
		k := newEstablished(t, Config{})
		k.create(5) // 2
		k.sendText("order_cancel_replace orig_order_id=8 price=2600 quantity=5000 reference=6")
		k.sendText("order_cancel order_id=9 reference=7")
		k.sent()
		k.s.HoldCreates(held)
		k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
		events := k.events()
		k.sent()
		stats := k.s.Stats()
		k.s.HoldCreates(false)
		k.s.Lost(k.now, io.EOF)
		var fates []Fate
		for _, ev := range append(events, k.events()...) {
			if ev.Kind == SendResolved {
				fates = append(fates, ev.Fate)
			}
		}
		want, copies := []Fate{InDoubt, InDoubt, InDoubt}, uint64(3)
		if held {
			want, copies = []Fate{NotDelivered, NotDelivered, InDoubt}, 1
		}
		if !slices.Equal(fates, want) || stats.MessagesAgain != copies {
			t.Errorf("held %v: %v, %+v", held, fates, stats)
		}
	}
}

// TestHoldCreatesThatWait has the exchange request an order that waits for the socket while creates are held: it
// leaves, and a gapfill behind it, so that it is in doubt, and not taken for undelivered.
func TestHoldCreatesThatWait(t *testing.T) {
	k := newEstablished(t, Config{})
	k.create(5) // 2
	k.s.HoldCreates(true)
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
	events := k.events()
	if stats := k.s.Stats(); stats.MessagesAgain != 0 || stats.GapfillsOut != 1 {
		t.Errorf("%+v", stats)
	}
	k.sent()
	k.s.Lost(k.now, io.EOF)
	for _, ev := range append(events, k.events()...) {
		if ev.Kind == SendResolved && ev.Fate != InDoubt {
			t.Errorf("%v", ev.Fate)
		}
	}
}
