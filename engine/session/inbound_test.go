package session

import (
	"errors"
	"io"
	"strconv"
	"testing"

	"github.com/smk-go/smk/gen/msg"
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
