package session

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

const second = int64(time.Second) // of clock readings

// kit drives a session as a driver does, with the peer's bytes and the clock
// under the test's control.
type kit struct {
	t      testing.TB
	s      *Session
	now    int64
	server uint64 // next sequence of the server
}

// newKit makes a session that is not open.
func newKit(t testing.TB, config Config) *kit {
	t.Helper()
	if config.Username == "" && config.Token == "" {
		config.Username, config.Password = "user", "pass"
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &kit{t: t, s: s, now: 1000 * second, server: 1}
}

// newEstablished makes a session that is logged in, with its events taken.
func newEstablished(t testing.TB, config Config) *kit {
	t.Helper()
	k := newKit(t, config)
	k.open()
	k.login()
	k.events()
	k.sent()
	return k
}

func (k *kit) open() {
	k.t.Helper()
	if err := k.s.Open(k.now); err != nil {
		k.t.Fatal(err)
	}
	k.server = 1
}

// login answers a fresh login.
func (k *kit) login() {
	k.t.Helper()
	k.feed(k.eto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
		e.MutableLoginResponse().SetSessionString("A")
		e.MutableLoginResponse().SetReset(2)
	}))
}

// eto encodes a session message of the server, with its next sequence.
func (k *kit) eto(typ msg.EtoPayloadType, body func(*msg.EtoPayload)) []byte {
	k.t.Helper()
	var p msg.Payload
	p.SetType(msg.PayloadEto)
	p.MutableEtoPayload().SetType(typ)
	if body != nil {
		body(p.MutableEtoPayload())
	}
	return k.payload(&p)
}

// payload encodes a message of the server, with its next sequence unless it has
// one.
func (k *kit) payload(p *msg.Payload) []byte {
	k.t.Helper()
	eto := p.MutableEtoPayload()
	if !eto.HasSeq() {
		eto.SetSeq(k.server)
		k.server++
	}
	b, err := p.MarshalVT()
	if err != nil {
		k.t.Fatal(err)
	}
	return wire.AppendFrame(nil, b)
}

// feed gives the session bytes of the server.
func (k *kit) feed(b []byte) {
	k.t.Helper()
	for len(b) > 0 {
		n := copy(k.s.Free(), b)
		if n == 0 {
			k.t.Fatal("no room for the server's bytes")
		}
		k.s.Filled(n)
		b = b[n:]
	}
}

// events takes all events. What they point to is not valid any more.
func (k *kit) events() []Event {
	k.t.Helper()
	events, err := k.drain()
	if err != nil {
		k.t.Fatal(err)
	}
	return events
}

// drain takes all events, and the error that ends the connection.
func (k *kit) drain() (events []Event, err error) {
	for {
		e, err := k.s.Next(k.now)
		if err != nil || e == nil {
			return events, err
		}
		events = append(events, *e)
	}
}

// sent takes the bytes that the session wants to send.
func (k *kit) sent() []byte {
	var all []byte
	for {
		b := k.s.Pending()
		if len(b) == 0 {
			return all
		}
		all = append(all, b...)
		k.s.Written(len(b))
	}
}

// counters checks the next sequences.
func (k *kit) counters(in, out uint64) {
	k.t.Helper()
	if gotIn, gotOut := k.s.Counters(); gotIn != in || gotOut != out {
		k.t.Errorf("counters in %d, out %d, want %d, %d", gotIn, gotOut, in, out)
	}
}

func (k *kit) wantSent(want string) {
	k.t.Helper()
	if got := hex.EncodeToString(k.sent()); got != want {
		k.t.Errorf("sent\n%s, want\n%s", got, want)
	}
}

func (k *kit) wantKinds(events []Event, want ...EventKind) {
	k.t.Helper()
	ok := len(events) == len(want)
	for i := range events {
		ok = ok && events[i].Kind == want[i]
	}
	if !ok {
		var got []string
		for _, e := range events {
			got = append(got, e.Kind.String())
		}
		k.t.Errorf("events %q, want %v", got, want)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func orderCreate() *msg.OrderCreate {
	m := new(msg.OrderCreate)
	m.SetSide(msg.SideBuy)
	m.SetQuantity(400000)
	m.SetPrice(2500)
	m.SetMarketId(317002)
	m.SetContractId(608008)
	return m
}

// send sends a message as one of a type, with the keys that its bytes say where it does not say them itself.
func send(s *Session, now int64, typ msg.PayloadType, m wire.Marshaler) (seq uint64, err error) {
	keys := msg.Keys{Type: typ}
	if k, ok := m.(interface{ Keys() msg.Keys }); ok {
		keys = k.Keys()
		keys.Type = typ
	} else if n := m.SizeVT(); n >= 0 && n <= wire.OutboundBytesMax {
		b := make([]byte, n)
		if wrote, err := m.MarshalToSizedBufferVT(b); err == nil && wrote == n {
			keys, _ = msg.DecodeKeys(typ, b)
		}
	}
	return s.Send(now, m, &keys)
}
