package session

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// hidden is the letter that the credentials of these tests are made of. Nothing else has it.
const hidden = "Z"

// secretPayloads are payloads with credentials, each of another length and all made of hidden.
func secretPayloads(t testing.TB) map[string][]byte {
	t.Helper()
	payloads := make(map[string][]byte)
	add := func(name string, set func(p *msg.Payload)) {
		var p msg.Payload
		set(&p)
		p.MutableEtoPayload().SetSeq(300)
		b, err := p.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		payloads[name] = b
	}
	login := func(p *msg.Payload) *msg.Login {
		p.SetType(msg.PayloadLogin)
		p.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m := p.MutableLogin()
		m.SetAccountSequence(0)
		m.SetAccountSequence_64(77)
		return m
	}
	add("username", func(p *msg.Payload) { login(p).SetUsernameString(strings.Repeat(hidden, 9)) })
	add("password", func(p *msg.Payload) { login(p).SetPasswordString(strings.Repeat(hidden, 200)) })
	add("both", func(p *msg.Payload) {
		m := login(p)
		m.SetUsernameString(strings.Repeat(hidden, 5))
		m.SetPasswordString(strings.Repeat(hidden, 6))
	})
	add("token", func(p *msg.Payload) { login(p).SetCookie([]byte(strings.Repeat(hidden, 7))) })
	add("resume", func(p *msg.Payload) {
		login(p).SetCookie([]byte(hidden))
		p.MutableEtoPayload().MutableLogin().SetSession([]byte(strings.Repeat(hidden, 8)))
	})
	add("login response", func(p *msg.Payload) {
		p.SetType(msg.PayloadEto)
		p.MutableEtoPayload().SetType(msg.EtoPayloadLoginResponse)
		m := p.MutableEtoPayload().MutableLoginResponse()
		m.SetSessionString(strings.Repeat(hidden, 150))
		m.SetEmailString(strings.Repeat(hidden, 11))
		m.SetReset(9)
	})
	return payloads
}

// tapped returns what a tap shows of a payload.
func tapped(t testing.TB, d Direction, payload []byte) (r TapRecord) {
	t.Helper()
	calls := 0
	at := tap{epoch: 7}
	at.set(func(shown *TapRecord) {
		calls++
		r = *shown
		r.Payload = bytes.Clone(shown.Payload)
		if cap(shown.Payload) != len(shown.Payload) {
			t.Errorf("a payload of %d bytes has a capacity of %d", len(shown.Payload), cap(shown.Payload))
		}
	})
	at.payload(d, 1234, payload)
	if calls != 1 || at.record.Payload != nil {
		t.Errorf("%d calls, and %d bytes stay", calls, len(at.record.Payload))
	}
	if r.Direction != d || r.Epoch != 7 || r.At != 1234 {
		t.Errorf("%v, epoch %d, at %d", r.Direction, r.Epoch, r.At)
	}
	return r
}

// TestTapMasksCredentials shows each payload as it is but for the credentials, which are as long as they were.
func TestTapMasksCredentials(t *testing.T) {
	for name, payload := range secretPayloads(t) {
		for _, d := range []Direction{Inbound, Outbound} {
			before := bytes.Clone(payload)
			r := tapped(t, d, payload)
			want := bytes.ReplaceAll(payload, []byte(hidden), []byte("*"))
			if !bytes.Equal(r.Payload, want) || r.Truncated {
				t.Errorf("%s, %v: %q, want %q", name, d, r.Payload, want)
			}
			if !bytes.Equal(payload, before) {
				t.Errorf("%s, %v: the payload itself was changed", name, d)
			}
		}
	}
}

// TestTapMasksBrokenPayloads cuts payloads with credentials off at every byte. Nothing of a credential shows,
// and nothing behind the place at which the payload is malformed.
func TestTapMasksBrokenPayloads(t *testing.T) {
	for name, payload := range secretPayloads(t) {
		for n := range payload {
			r := tapped(t, Inbound, payload[:n:n])
			if bytes.Contains(r.Payload, []byte(hidden)) || len(r.Payload) != n {
				t.Errorf("%s, %d bytes: %q", name, n, r.Payload)
			}
		}
	}
	for name, c := range map[string]struct{ payload, want string }{
		"length beyond the end":     {"\x08\x01\x1a\x09\x0a\x02ZZ", "\x08\x01******"},
		"length beyond the message": {"\x08\x01\x1a\x04\x0a\x03ZZ\x10\x01ZZ", "\x08\x01\x1a\x04********"},
		"behind a well-formed one":  {"\x1a\x03\x0a\x01Z\x12\x02\x2a\x7fZZ", "\x1a\x03\x0a\x01*\x12\x02****"},
		"password as a number":      {"\x1a\x04\x10Z\x18ZZZ", "\x1a\x04******"},
		"password as a length":      {"\x1a\x06\x10\x01Z\x28\x05Z\x08\x01", "\x1a\x06********"},
		"login as a group":          {"\x1b\x0a\x01Z\x1c\x08\x01", "*******"},
		"login as a number":         {"\x18ZZ", "***"},
		"session as fixed bytes":    {"\x12\x0b\x2a\x09\x09ZZZZZZZZ\x08\x01", "\x12\x0b\x2a\x09***********"},
		"tag that does not end":     {"\x08\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffZZ", "\x08\x01************"},
		"number 0":                  {"\x02\x01ZZ", "****"},
		"number of 30 bits":         {"\x9a\x80\x80\x80\x80\x01\x03\x0a\x01Z", "**********"},
		"end of a group":            {"\x08\x01\x3cZZ", "\x08\x01***"},
		"group that does not end":   {"\x08\x01\x3b\x0a\x01Z", "\x08\x01****"},
		"overlong tag":              {"\x9a\x00\x03\x0a\x01Z", "\x9a\x00\x03\x0a\x01*"},
		"overlong length":           {"\x1a\x83\x00\x0a\x01Z", "\x1a\x83\x00\x0a\x01*"},
		"credential of no bytes":    {"\x1a\x02\x0a\x00", "\x1a\x02\x0a\x00"},
		"credential twice":          {"\x1a\x03\x0a\x01Z\x1a\x04\x0a\x02ZZ", "\x1a\x03\x0a\x01*\x1a\x04\x0a\x02**"},
		"unknown fields between":    {"\x1a\x08\xf8\x07\x05\x12\x01Z\x28\x05", "\x1a\x08\xf8\x07\x05\x12\x01*\x28\x05"},
	} {
		for _, d := range []Direction{Inbound, Outbound} {
			if r := tapped(t, d, []byte(c.payload)); string(r.Payload) != c.want {
				t.Errorf("%s, %v: %q, want %q", name, d, r.Payload, c.want)
			}
		}
	}
}

// TestTapLeavesOtherPayloads shows the payload itself where there is nothing to mask, and allocates nothing
// in either case.
func TestTapLeavesOtherPayloads(t *testing.T) {
	var p msg.Payload
	p.MutableOrderAccepted().SetOrderId(5)
	p.MutableOrderAccepted().SetSeq(5)
	p.MutableEtoPayload().SetSeq(9)
	accepted, err := p.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	payloads := map[string][]byte{
		"accepted": accepted,
		"long":     append(bytes.Clone(accepted), append([]byte("\xfa\x7f\xe0\xd4\x03"), make([]byte, 60000)...)...),
		"empty":    {},
	}
	for name, b := range payloads {
		for _, d := range []Direction{Inbound, Outbound} {
			at, same := tap{}, false
			at.set(func(r *TapRecord) {
				same = !r.Truncated && len(r.Payload) == len(b) && (len(b) == 0 || &r.Payload[0] == &b[0])
			})
			if at.payload(d, 0, b); !same {
				t.Errorf("%s, %v: not the payload itself", name, d)
			}
		}
	}
	if raceEnabled {
		t.Log("allocations are counted without the race detector")
		return
	}
	for name, b := range secretPayloads(t) {
		payloads[name] = b
	}
	at, calls := tap{}, 0
	at.set(func(*TapRecord) { calls++ })
	for name, b := range payloads {
		frame := wire.AppendFrame(nil, b)
		if n := testing.AllocsPerRun(100, func() {
			at.payload(Inbound, 5, b)
			at.frame(6, frame)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if calls != 2*101*len(payloads) {
		t.Errorf("%d calls", calls)
	}
}

// TestTapTruncates shows the beginning of a long payload with credentials.
func TestTapTruncates(t *testing.T) {
	long := func(n int) []byte { // a login_response of n bytes whose session is nearly all of it
		b := []byte("\x08\x01\x12\x00\x00\x00\x32\x00\x00\x00\x0a\x00\x00\x00")
		for _, at := range []int{3, 7, 11} {
			length := n - at - 3
			b[at], b[at+1], b[at+2] = byte(length)|0x80, byte(length>>7)|0x80, byte(length>>14)
		}
		return append(b, bytes.Repeat([]byte(hidden), n-len(b))...)
	}
	for _, beyond := range []int{-1, 0, 1, 20000} {
		b := long(TapMaskBytesMax + beyond)
		r := tapped(t, Inbound, b)
		if r.Truncated != (beyond > 0) || len(r.Payload) != min(len(b), TapMaskBytesMax) {
			t.Errorf("%d beyond: %d bytes, truncated %t", beyond, len(r.Payload), r.Truncated)
		}
		if bytes.Contains(r.Payload, []byte(hidden)) {
			t.Errorf("%d beyond: a credential shows", beyond)
		}
	}
}

// record is one call of a tap.
type record struct {
	direction Direction
	epoch     uint32
	at        int64
	payload   string
}

// records returns a Config whose tap appends to records.
func records(config Config, to *[]record) Config {
	config.Tap = func(r *TapRecord) {
		*to = append(*to, record{r.Direction, r.Epoch, r.At, string(r.Payload)})
	}
	return config
}

// TestTapSeesBothDirections has a session logged in, resumed and asked for a replay, with duplicates, early
// messages and garbage, and holds what the tap sees to the bytes of both directions.
func TestTapSeesBothDirections(t *testing.T) {
	var got []record
	config := Config{Resume: ResumeSession, ReferenceBase: 100, Username: "Zu", Password: "Zp"}
	k := newKit(t, records(config, &got))
	var want []record
	in := func(frames ...[]byte) {
		t.Helper()
		for _, b := range frames {
			k.feed(b)
			payload, _, err := wire.Scan(b, wire.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			k.now++
			want = append(want, record{Inbound, k.s.Epoch(), k.now, string(payload)})
			k.drain() //nolint:errcheck // the last one is an error
		}
	}
	out := func() { // what was sent is seen when it was queued, which is now
		t.Helper()
		for _, f := range k.frames() {
			payload := strings.ReplaceAll(string(f.payload), "Zu", "**")
			payload = strings.ReplaceAll(payload, "Zp", "**")
			if f.typ == msg.PayloadLogin {
				payload = strings.ReplaceAll(payload, "\x03ses", "\x03***")
			}
			want = append(want, record{Outbound, k.s.Epoch(), k.now, payload})
		}
	}
	response := func() []byte {
		return k.eto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
			e.MutableLoginResponse().SetSessionString("ses")
		})
	}
	masked := func() { // the answer to the login that was fed last
		r := &want[len(want)-1]
		r.payload = strings.ReplaceAll(r.payload, "ses", "***")
	}
	k.open()
	out()
	in(response())
	masked()
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 2
	k.ping()                                          // 3
	k.mustSend(msg.PayloadMarketSubscribe, new(msg.OrderCancelAll))
	out()
	duplicate := k.state(false)
	in(duplicate, duplicate)
	k.server += 3
	in(k.state(false)) // early: a replay is asked for
	out()
	k.s.Lost(k.now, io.EOF)
	k.events()
	k.open()
	out()
	k.server = 3
	in(response())
	masked()
	in(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
	out() // a copy of the order, of the ping and of the subscription, gapfills for what followed
	in([]byte{0x05, 0x08, 0x01, 0x12, 0x7f, 0x00})
	want[len(want)-1].payload = "\x08\x01***"
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			switch {
			case i >= len(got) || i >= len(want):
				t.Fatalf("%d records, want %d", len(got), len(want))
			case got[i] != want[i]:
				t.Fatalf("record %d:\n got %v %q\nwant %v %q", i, got[i], got[i].payload, want[i], want[i].payload)
			}
		}
	}
	copies, gapfills := 0, 0
	for _, r := range got {
		if env, err := envelope.Parse([]byte(r.payload)); err == nil && r.direction == Outbound && env.IsReplay {
			if env.EtoType == envelope.EtoGapfill {
				gapfills++
			} else {
				copies++
			}
		}
		if strings.Contains(r.payload, "Zu") || strings.Contains(r.payload, "ses") {
			t.Errorf("shows a credential: %q", r.payload)
		}
	}
	if copies != 3 || gapfills != 2 {
		t.Errorf("%d copies and %d gapfills were seen", copies, gapfills)
	}
}

// TestTapPanics has the tap panic at each message that it can be shown, and goes on as a driver does that has
// recovered: the sequences have no hole and no repetition, and what is in flight is known.
func TestTapPanics(t *testing.T) {
	panics := func(k *kit, do func()) (did bool) {
		calls := 0
		k.s.SetTap(func(*TapRecord) { calls++; panic("tap") })
		defer func() {
			did = recover() == "tap"
			if calls != 1 {
				t.Errorf("%d calls", calls)
			}
		}()
		do()
		return false
	}
	next := func(k *kit, seq uint64) { // an order takes seq, and every frame its own sequence
		t.Helper()
		got, err := send(k.s, k.now, msg.PayloadOrderCreate, orderCreate())
		if err != nil || got != seq {
			t.Errorf("the next message has sequence %d, %v, want %d", got, err, seq)
		}
		last := uint64(1)
		for _, f := range k.frames() {
			if last++; f.seq != last {
				t.Errorf("frame %d has sequence %d", last, f.seq)
			}
		}
		if last != seq {
			t.Errorf("the last frame has sequence %d", last)
		}
	}
	t.Run("order", func(t *testing.T) {
		k := newEstablished(t, Config{})
		tokens := k.s.throttle.tokens
		if !panics(k, func() { _, _ = send(k.s, k.now, msg.PayloadOrderCreate, orderCreate()) }) {
			t.Error("no panic")
		}
		if !k.s.InFlight(2) || k.s.Stats().UnansweredPeak != 1 || k.s.throttle.tokens != tokens-token {
			t.Errorf("in flight %t, peak %d", k.s.InFlight(2), k.s.Stats().UnansweredPeak)
		}
		next(k, 3)
	})
	t.Run("ping", func(t *testing.T) {
		k := newEstablished(t, Config{})
		if !panics(k, func() { k.ping() }) {
			t.Error("no panic")
		}
		k.feed(k.eto(msg.EtoPayloadPong, nil))
		if events := k.events(); len(events) != 1 || events[0].Ping != 2 {
			t.Errorf("%v", events)
		}
		next(k, 3)
	})
	t.Run("login", func(t *testing.T) {
		k := newEstablished(t, Config{Resume: ResumeSession})
		k.create(5)
		k.s.Lost(k.now, io.EOF)
		k.events()
		if !panics(k, func() { k.open() }) {
			t.Error("no panic")
		}
		k.s.Lost(k.now, io.EOF)
		if err := k.s.Forget(); err != nil {
			t.Fatal(err)
		}
		k.wantKinds(k.events(), StateChanged, StateChanged, SendResolved)
	})
	t.Run("inbound", func(t *testing.T) {
		k := newEstablished(t, Config{})
		k.feed(k.state(false))
		if !panics(k, func() { _, _ = k.s.Next(k.now) }) {
			t.Error("no panic")
		}
		k.feed(k.state(false))
		k.wantKinds(k.events(), Gap, StateChanged)
		k.server = 2
		k.feed(k.state(true))
		k.feed(k.state(true))
		k.wantKinds(k.events(), Message, Message, Recovered, StateChanged)
		next(k, 3) // behind the replay request
	})
}

// TestTapThatSends sends from within the tap, which it must not: the message has a sequence of its own, and
// is not shown, and the record that is shown stays as it is.
func TestTapThatSends(t *testing.T) {
	k := newEstablished(t, Config{})
	calls := 0
	k.s.SetTap(func(r *TapRecord) {
		calls++
		before, payload := *r, string(r.Payload)
		k.mustSend(msg.PayloadOrderCancel, orderCancel(9))
		if r.Direction != before.Direction || string(r.Payload) != payload {
			t.Error("the record has changed")
		}
	})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.feed(k.state(false))
	k.wantKinds(k.events(), Message)
	k.s.SetTap(nil)
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	var seqs []uint64
	for _, f := range k.frames() {
		seqs = append(seqs, f.seq)
	}
	if calls != 2 || !slices.Equal(seqs, []uint64{2, 3, 4, 5}) || k.s.requests.open.n != 4 {
		t.Errorf("%d calls, sequences %d, %d in flight", calls, seqs, k.s.requests.open.n)
	}
}

func TestDirectionString(t *testing.T) {
	for d, want := range []string{"unknown direction", "inbound", "outbound", "unknown direction"} {
		if got := Direction(d).String(); got != want {
			t.Errorf("%d is %q", d, got)
		}
	}
}

// TestHasNoCredentials holds the quick check to the thorough one, over payloads of every type and what becomes of them
// when bytes change.
func TestHasNoCredentials(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	quick, thorough, decoded := 0, 0, 0
	s := new(Session)
	check := func(p []byte) {
		before := s.unknown.Fields
		if s.payload.Decode(p, &s.unknown) == nil && isApplication(uint32(s.payload.GetType())) &&
			!s.mayHideLogin(s.payload.GetEtoPayload(), before) {
			decoded++
			if maskPayload(p, false) {
				t.Fatalf("%x has credentials", p)
			}
		}
		if hasNoCredentials(p) {
			quick++
			if maskPayload(p, false) {
				t.Fatalf("%x has credentials", p)
			}
		} else if !maskPayload(p, false) {
			thorough++
		}
	}
	for range 200_000 {
		p := []byte{0x08, byte(r.IntN(128)), 0x12, 0, 0x08}
		p = binary.AppendUvarint(p, r.Uint64()>>r.IntN(64))
		if r.IntN(2) == 0 {
			p = append(p, 0x10, byte(r.IntN(130)))
		}
		if r.IntN(2) == 0 {
			p = append(p, 0x18, byte(r.IntN(3)))
		}
		p[3] = byte(len(p) - 4)
		body := make([]byte, r.IntN(200))
		for i := range body {
			body[i] = byte(r.Uint32() >> r.IntN(24))
		}
		p = binary.AppendUvarint(p, uint64(r.IntN(300))<<3|2)
		p = append(binary.AppendUvarint(p, uint64(len(body))), body...)
		check(p)
		for range 3 {
			p[r.IntN(len(p))] = byte(r.Uint32())
			check(p)
		}
		check(p[:r.IntN(len(p))])
		// The same with a login in places where it is a login's, and where it is not.
		at := r.IntN(3)
		p = append([]byte("\x08\x0e\x12\x02\x08\x05"), [...]string{
			"\x1a\x03\x0a\x01Z", "\x12\x05\x2a\x03\x0a\x01Z", "\x7a\x03\x0a\x01Z",
		}[at]...)
		check(p)
		p[r.IntN(len(p))] = byte(r.Uint32())
		check(p)
	}
	if quick < 100_000 || thorough == 0 || decoded < 1000 {
		t.Errorf("%d by the quick check, %d by the thorough one, %d by decoding", quick, thorough, decoded)
	}
}
