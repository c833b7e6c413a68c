package gateway

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// say sends a payload as a connection's next message.
func say(t *testing.T, p *Conn, seq uint64, fill func(*msg.Payload)) {
	t.Helper()
	var m msg.Payload
	fill(&m)
	m.MutableEtoPayload().SetSeq(seq)
	b, err := m.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	p.Filled(p.gateway.now, copy(p.Free(), wire.AppendFrame(nil, b)))
	p.Written(len(p.Pending()))
}

// onLogin is a host with one account, and a connection that is logged in.
func loggedIn(t *testing.T, config Config) (*Gateway, func() *Conn) {
	t.Helper()
	x, err := exchange.New(exchange.Config{Accounts: []exchange.Account{{Username: "a", Password: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(x, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, func() *Conn {
		t.Helper()
		p, err := h.Accept(h.now)
		if err != nil {
			t.Fatal(err)
		}
		say(t, p, 1, func(m *msg.Payload) {
			m.SetType(msg.PayloadLogin)
			m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
			m.MutableLogin().SetUsernameString("a")
			m.MutableLogin().SetPasswordString("a")
		})
		return p
	}
}
