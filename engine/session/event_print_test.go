package session

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// printed returns an event printed by every verb that calls its methods: %p and %T call none.
func printed(t *testing.T, e *Event) string {
	t.Helper()
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		fmt.Fprintf(&all, verb+"\n", *e)
		fmt.Fprintf(&all, verb+"\n", struct{ Event *Event }{e})
		fmt.Fprintf(&all, verb+"\n", []Event{*e})
		fmt.Fprintf(&all, verb+"\n", e)
	}
	slog.New(slog.NewTextHandler(&all, nil)).Info("x", "event", e, "copy", *e)
	slog.New(slog.NewJSONHandler(&all, nil)).Info("x", "event", e, "copy", *e)
	for _, v := range []any{e, *e, []Event{*e}, map[string]any{"event": e}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String() + e.String() + e.GoString()
}

// TestEventShowsNoCredential prints events with a session id, a password or a token.
func TestEventShowsNoCredential(t *testing.T) {
	const secret = "session-secret"
	for name, fill := range map[string]func(*msg.Payload){
		"login response": func(p *msg.Payload) {
			p.MutableEtoPayload().SetType(msg.EtoPayloadLoginResponse)
			p.MutableEtoPayload().MutableLoginResponse().SetSessionString(secret)
		},
		"login response of another type": func(p *msg.Payload) {
			p.MutableEtoPayload().MutableLoginResponse().SetSessionString(secret)
		},
		"login of another type": func(p *msg.Payload) { p.MutableEtoPayload().MutableLogin().SetSessionString(secret) },
		"password alone":        func(p *msg.Payload) { p.MutableLogin().SetPasswordString(secret) },
		"login": func(p *msg.Payload) {
			p.SetType(msg.PayloadLogin)
			p.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
			p.MutableEtoPayload().MutableLogin().SetSessionString(secret)
			p.MutableLogin().SetPasswordString(secret)
			p.MutableLogin().SetCookie([]byte(secret))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var p msg.Payload
			fill(&p)
			if !p.HasType() {
				p.SetType(msg.PayloadEto)
			}
			p.MutableEtoPayload().SetSeq(7)
			raw, err := p.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			for _, payload := range []*msg.Payload{&p, nil} {
				text := printed(t, &Event{Kind: LoggedIn, Epoch: 3, Seq: 7, Payload: payload, Raw: raw})
				decimal := strings.Trim(fmt.Sprint([]byte(secret)), "[]")
				for _, shown := range []string{
					secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), decimal,
					strings.ReplaceAll(decimal, " ", ","), base64.StdEncoding.EncodeToString(raw),
					strings.ReplaceAll(fmt.Sprintf("%# x", secret), " ", ", "),
				} {
					if strings.Contains(text, shown) {
						t.Errorf("%q shows in %s", shown, text)
					}
				}
				if !strings.Contains(text, "event{logged in, epoch 3, sequence 7, resumed false") {
					t.Errorf("what it is does not show: %s", text)
				}
			}
		})
	}
}

// TestEventString prints what an event without a credential holds.
func TestEventString(t *testing.T) {
	var p msg.Payload
	p.SetType(msg.PayloadOrderAccepted)
	p.MutableEtoPayload().SetSeq(9)
	p.MutableOrderAccepted().SetSeq(1)
	p.MutableOrderAccepted().SetPrice(2500)
	p.MutableOrderAccepted().SetQuantity(1000)
	p.MutableOrderAccepted().SetOrderId(77)
	raw, err := p.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		event Event
		want  string
	}{
		{
			Event{Kind: Message, Epoch: 1, Seq: 9, AccountSequence: 4, Origin: Replayed, Raw: raw},
			fmt.Sprintf("event{message, epoch 1, sequence 9, account sequence 4, replayed, %d bytes}", len(raw)),
		},
		{Event{Kind: Gap, From: 2, To: 5}, "event{gap, from 2 to 5}"},
		{Event{Kind: LoggedIn, Resumed: true}, "event{logged in, resumed true}"},
		{Event{Kind: LoggedOut, Reason: msg.EtoLogoutDowntime}, "event{logged out, LOGOUT_DOWNTIME}"},
		{Event{Kind: Pong, Ping: 3}, "event{pong, ping 3, live}"},
		{
			Event{Kind: StateChanged, State: Disconnected, Cause: errors.New("gone")},
			"event{state changed, " + Disconnected.String() + ", cause: gone}",
		},
		{
			Event{Kind: SendResolved, Type: msg.PayloadOrderCreate, Reference: 8, Fate: InDoubt},
			"event{send resolved, reference 8, " + msg.PayloadOrderCreate.String() + " in doubt}",
		},
	} {
		if got := k.event.String(); got != k.want {
			t.Errorf("got  %s\nwant %s", got, k.want)
		}
	}
	e := Event{Kind: Message, Payload: &p, Raw: raw}
	if text := e.String(); !strings.Contains(text, "77") || !strings.Contains(text, "ORDER_ACCEPTED") {
		t.Errorf("the payload does not show: %s", text)
	}
	b, err := json.Marshal(&e)
	if err != nil || !strings.Contains(string(b), base64.StdEncoding.EncodeToString(raw)) {
		t.Errorf("Raw is left out of %s, %v", b, err)
	}
}
