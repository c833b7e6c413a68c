package session

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

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
	_, send := send(k.s, k.now, msg.PayloadOrderCreate, orderCreate())
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
	if len(k.s.Free()) != 0 || len(k.s.Pending()) != 0 || k.s.Deadline() != math.MaxInt64 ||
		k.s.State() != Disconnected {
		t.Error("a closed session wants something")
	}
	if err := k.s.Close(); err != nil {
		t.Error(err)
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
	next := newKit(t, Config{Resume: ResumeSession, ResumeFrom: r})
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
	k.wantKinds(k.events(), StateChanged, StateChanged, LoggedIn, CaughtUp)
	if r := k.s.Resumption(); r.ID != "" {
		t.Error("it was kept")
	}
	k.s.Lost(k.now, io.EOF)
	k.events()
	k.sent()
	k.open()
	k.wantSent("1608021204080110071a0c0a0475736572120470617373")
}

func TestEpochsSpent(t *testing.T) {
	k := newKit(t, Config{})
	k.s.epoch = math.MaxUint32
	wantErr(t, k.s.Open(k.now), ErrSequenceSpent)
}
