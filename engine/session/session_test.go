package session

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// state encodes an application message of the server.
func (k *kit) state(replay bool) []byte {
	k.t.Helper()
	var p msg.Payload
	p.MutableMarketState().SetMarketId(1)
	p.GetMarketState().SetState(msg.MarketStateType(2))
	if replay {
		p.MutableEtoPayload().SetIsReplay(true)
	}
	return k.payload(&p)
}

// TestCountedWhenHandled shows that a message counts with the next call.
func TestCountedWhenHandled(t *testing.T) {
	k := newEstablished(t, Config{})
	var p msg.Payload
	p.MutableOrderVoided().SetOrderId(1)
	p.GetOrderVoided().SetQuantity(1)
	p.GetOrderVoided().SetSourceQuantity(1)
	p.MutableOrderVoided().SetAccountSequence_64(9)
	k.feed(k.payload(&p))
	e, err := k.s.Next(k.now)
	if err != nil || e.Kind != Message || e.AccountSequence != 9 {
		t.Fatal(e, err)
	}
	k.counters(2, 2)
	if k.s.AccountSequence() != 0 {
		t.Error("applied before it was handled")
	}
	if e, err := k.s.Next(k.now); e != nil || err != nil {
		t.Fatal(e, err)
	}
	k.counters(3, 2)
	if k.s.AccountSequence() != 9 {
		t.Error("not applied after it was handled")
	}

	// Lost says that it was handled, too.
	k.feed(k.state(false))
	if e, err = k.s.Next(k.now); err != nil || e.Kind != Message {
		t.Fatal(e, err)
	}
	k.s.Lost(k.now, io.EOF)
	k.counters(4, 2)
}

// TestEventContent looks at all fields of the events of a message and a login.
func TestEventContent(t *testing.T) {
	k := newKit(t, Config{})
	k.open()
	k.events()
	k.login()
	frame := k.state(true)
	k.feed(frame)
	k.now++
	var login, message *Event
	for message == nil {
		e, err := k.s.Next(k.now)
		if err != nil || e == nil {
			t.Fatal(e, err)
		}
		if e.Epoch != 1 || e.Received != k.now {
			t.Errorf("%v: epoch %d, received %d", e.Kind, e.Epoch, e.Received)
		}
		switch e.Kind {
		case LoggedIn:
			login = e
			r := e.Payload.GetEtoPayload().GetLoginResponse()
			if string(r.GetSession()) != "A" || r.GetReset() != 2 || e.Seq != 1 || e.Resumed || len(e.Raw) == 0 {
				t.Errorf("login %+v", e)
			}
		case Message:
			message = e
		}
	}
	if login == nil || message.Seq != 2 || message.Origin != Replayed || message.AccountSequence != 0 ||
		message.Payload.GetMarketState().GetMarketId() != 1 || string(message.Raw) != string(frame[1:]) {
		t.Errorf("message %+v", message)
	}
	if k.s.State() != Established || k.s.Epoch() != 1 {
		t.Error(k.s)
	}
}

func TestUndrained(t *testing.T) {
	k := newEstablished(t, Config{})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.s.Lost(k.now, io.EOF)
	wantErr(t, k.s.Open(k.now), ErrUndrained)
	wantErr(t, k.s.Connecting(k.now), ErrUndrained)
	if e, err := k.s.Next(k.now); err != nil || e.Kind != StateChanged || !errors.Is(e.Cause, io.EOF) {
		t.Fatal(e, err)
	}
	wantErr(t, k.s.Open(k.now), ErrUndrained)
	k.wantKinds(k.events(), SendResolved)
	if err := k.s.Open(k.now); err != nil {
		t.Error(err)
	}
	if k.s.Epoch() != 2 {
		t.Errorf("epoch %d, want 2", k.s.Epoch())
	}
}

func TestClosed(t *testing.T) {
	k := newEstablished(t, Config{})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	if err := k.s.Close(); err != nil {
		t.Fatal(err)
	}
	_, next := k.s.Next(k.now)
	_, send := k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate())
	_, ping := k.s.Ping(k.now)
	for i, err := range []error{
		next, send, ping, k.s.Open(k.now), k.s.Connecting(k.now), k.s.Tick(k.now), k.s.Logout(k.now),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	k.s.Lost(k.now, io.EOF)
	k.s.Filled(0)
	k.s.Written(0)
	if err := k.s.Forget(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if len(k.s.Free()) != 0 || len(k.s.Pending()) != 0 || k.s.Deadline() != math.MaxInt64 || k.s.State() != Disconnected {
		t.Error("a closed session wants something")
	}
	if err := k.s.Close(); err != nil {
		t.Error(err)
	}
}

// TestFull fills the ring behind a socket that takes nothing: application messages
// are refused, session messages still find room, and nothing that was refused
// leaves a trace.
func TestFull(t *testing.T) {
	for _, records := range []int{16, 4096} {
		config := Config{ThrottleOff: true}
		config.Send.Bytes, config.Send.Records = ringBytesMin, records
		k := newEstablished(t, config)
		n := 0
		var err error
		for ; err == nil; n++ {
			_, err = k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate())
		}
		wantErr(t, err, ErrFull)
		k.counters(2, uint64(n+1))
		if pending := k.s.open.n; pending != n-1 {
			t.Errorf("%d wait for answers, want %d", pending, n-1)
		}
		beats := 0
		if records > 16 {
			for ; beats < 50; beats++ {
				if err := k.s.sendBare(wire.EtoHeartbeat); err != nil {
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
		_, err := k.s.Send(k.now, c.typ, c.m)
		var marshal *wire.MarshalError
		if _, ok := c.want.(*wire.MarshalError); ok && errors.As(err, &marshal) {
			err = c.want
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.typ, err, c.want)
		}
		if len(k.s.Pending()) != 0 || k.s.open.n != 0 || k.s.refs != 7 {
			t.Errorf("%v: left a trace", c.typ)
		}
		k.counters(2, 2)
	}
	if tokens := k.s.throttle.tokens; tokens != throttleBurst*token {
		t.Errorf("took tokens: %d left", tokens)
	}
	seq, err := k.s.Send(k.now, 1000, orderCreate())
	if err != nil || seq != 2 {
		t.Error("a type from the future:", seq, err)
	}
}

// liar is a message whose size is not what it writes.
type liar struct{ size, wrote int }

func (l liar) SizeVT() int                                { return l.size }
func (l liar) MarshalToSizedBufferVT([]byte) (int, error) { return l.wrote, nil }

func TestReference(t *testing.T) {
	k := newEstablished(t, Config{ReferenceBase: 100})
	seq, err := k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate())
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := k.s.Reference(seq); !ok || r != 101 {
		t.Errorf("reference %d, %t", r, ok)
	}
	if r, ok := k.s.Reference(1); !ok || r != 0 {
		t.Errorf("the login has reference %d, %t", r, ok)
	}
	if _, ok := k.s.Reference(99); ok {
		t.Error("what was not sent has a reference")
	}
	// The counter passes over 0 at its end.
	k.s.refs = math.MaxUint64
	if seq, err = k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate()); err != nil {
		t.Fatal(err)
	}
	if r, ok := k.s.Reference(seq); !ok || r != 1 {
		t.Errorf("reference %d, %t", r, ok)
	}
}

func TestVarintIn(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want uint64
	}{
		{"", 0},
		{"0805", 5},
		{"08050806", 6},                    // the last counts
		{"1005" + "0805", 5},               // others are passed over
		{"09ffffffffffffffff" + "0805", 5}, // fixed64
		{"0dffffffff" + "0805", 5},         // fixed32
		{"0a0208ff" + "0805", 5},           // bytes that look like it
		{"0805" + "08", 5},
		{"0805" + "10", 5}, // cut off
		{"0805" + "0a05ff", 5},
		{"0805" + "0dff", 5}, //
		{"0805" + "0b", 5},
		{"0805" + "0a", 5},
		{"ff", 0}, // groups are not for us
	} {
		if got := varintIn(unhex(t, c.hex), 1); got != c.want {
			t.Errorf("%s: %d, want %d", c.hex, got, c.want)
		}
	}
}

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

// TestTap sees everything, discarded or not.
func TestTap(t *testing.T) {
	var seen []string
	k := newEstablished(t, Config{Tap: func(_ int64, b []byte) { seen = append(seen, string(b)) }})
	seen = nil
	duplicate := k.state(false)
	k.feed(duplicate)
	k.feed(duplicate)
	k.server += 9
	ahead := k.state(false)
	k.feed(ahead)
	k.events()
	if len(seen) != 3 || seen[1] != string(duplicate[1:]) || seen[2] != string(ahead[1:]) {
		t.Errorf("%q", seen)
	}
}

// TestResumption continues a session in another value.
func TestResumption(t *testing.T) {
	k := newEstablished(t, Config{Resume: ResumeSession})
	k.ping()
	r := k.s.Resumption()
	if r != (Resumption{"A", 2, 3}) {
		t.Errorf("%#v", r)
	}
	next := newKit(t, Config{Resume: ResumeSession, Earlier: r})
	next.open()
	next.wantSent("1b08021209080310072a030a01411a0c0a0475736572120470617373")
	none := newKit(t, Config{})
	if r := none.s.Resumption(); r != (Resumption{}) {
		t.Errorf("%#v", r)
	}
}

// TestLongSession shows that an identifier too long to keep does no harm.
func TestLongSession(t *testing.T) {
	k := newKit(t, Config{Resume: ResumeSession})
	k.open()
	k.feed(frameOf(t, "1", "LOGIN_RESPONSE session="+strings.Repeat("x", SessionBytesMax)))
	k.events()
	if r := k.s.Resumption(); len(r.ID) != SessionBytesMax {
		t.Error("the longest identifier was not kept")
	}
	k = newKit(t, Config{Resume: ResumeSession})
	k.open()
	k.feed(k.eto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
		e.MutableLoginResponse().SetSessionString(strings.Repeat("x", SessionBytesMax+1))
	}))
	k.wantKinds(k.events(), StateChanged, StateChanged, LoggedIn)
	if r := k.s.Resumption(); r.ID != "" {
		t.Error("it was kept")
	}
	k.s.Lost(k.now, io.EOF)
	k.events()
	k.sent()
	k.open()
	k.wantSent("1608021204080110071a0c0a0475736572120470617373")
}

// TestSequenceSpent ends a connection that has no number left to send with, whatever
// took the last one.
func TestSequenceSpent(t *testing.T) {
	for name, last := range map[string]func(*kit) error{
		"ping":    func(k *kit) error { _, err := k.s.Ping(k.now); return err },
		"logout":  func(k *kit) error { return k.s.Logout(k.now) },
		"message": func(k *kit) error { _, err := k.s.Send(k.now, typeMax, &rawMessage{}); return err },
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
			"message": func() error { _, err := k.s.Send(k.now, typeMax, &rawMessage{}); return err },
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

func TestEpochsSpent(t *testing.T) {
	k := newKit(t, Config{})
	k.s.epoch = math.MaxUint32
	wantErr(t, k.s.Open(k.now), ErrSequenceSpent)
}

// TestLargestMessage finds the limits from both sides, with a reference added or not.
func TestLargestMessage(t *testing.T) {
	for _, base := range []uint64{0, 1 << 60} {
		k := newEstablished(t, Config{ReferenceBase: base, ThrottleOff: true})
		largest := 0
		for n := wire.OutboundBytesMax - 40; n < wire.OutboundBytesMax+2; n++ {
			order := make([]byte, n)
			copy(order, "\x20\x01") // a side, without which no order leaves
			seq, err := k.s.Send(k.now, msg.PayloadOrderCreate, &rawMessage{order})
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
	_, err := k.s.Send(k.now, msg.PayloadMarketSubscribe, &rawMessage{make([]byte, ringBytesMin)})
	wantErr(t, err, ErrTooLarge)
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
	if k.now != -980*second || k.s.pings.n != 1 {
		t.Errorf("at %d, %d pings", k.now, k.s.pings.n)
	}
}

// TestStats counts what is handed on and what is not.
func TestStats(t *testing.T) {
	k := newEstablished(t, Config{})
	for _, line := range []struct{ seq, text string }{
		{"2", "seto type=99"},
		{"3", "eto type=99"},
		{"4", "market_state market_id=1 state=77"},
		{"5", "PONG"},
		{"6", "LOGIN_RESPONSE session=B"},
		{"7", "HEARTBEAT"},
		{"7", "HEARTBEAT"},
		{"9", "HEARTBEAT"},
		{"8", "market_state market_id=1 state=OPEN is_replay"},
		{"9", "GAPFILL is_replay"},
		{"10", "REPLAY seq=2"},
	} {
		k.feed(frameOf(t, line.seq, line.text))
	}
	k.events()
	want := Stats{
		MessagesIn: 12, MessagesOut: 3, Logins: 1, Duplicates: 1, Discarded: 1, Gaps: 1, ReplaysAsked: 1, Replayed: 1,
		GapfillsIn: 1, ReplaysServed: 1, GapfillsOut: 2, HeartbeatsIn: 1, HeartbeatsOut: 1, UnknownTypes: 2, Unasked: 1, Ignored: 1,
		Unknown: msg.Unknown{Values: 3},
	}
	if got := k.s.Stats(); got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// TestGapMax finds the limit from both sides, wherever a gap can show.
func TestGapMax(t *testing.T) {
	for name, c := range map[string]struct {
		login bool
		text  string
		next  uint64
	}{
		"established":     {true, "HEARTBEAT", 2},
		"before login":    {false, "HEARTBEAT", 1},
		"login":           {false, "LOGIN_RESPONSE session=A", 1},
		"replay request":  {true, "REPLAY seq=1", 2},
		"early and later": {false, "REPLAY seq=1", 1},
	} {
		for beyond := range uint64(2) {
			k := newKit(t, Config{})
			k.open()
			if c.login {
				k.login()
			}
			k.feed(frameOf(t, strconv.FormatUint(c.next+GapMax+beyond, 10), c.text))
			_, err := k.drain()
			if want := beyond == 1; errors.Is(err, ErrGapTooLarge) != want || (err != nil) != want {
				t.Errorf("%s, %d beyond: %v", name, beyond, err)
			}
		}
	}
}
