package peer

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
	"github.com/smk-go/smk/wire"
)

// say sends a payload as a connection's next message.
func say(t *testing.T, p *Peer, seq uint64, fill func(*msg.Payload)) {
	t.Helper()
	var m msg.Payload
	fill(&m)
	m.MutableEtoPayload().SetSeq(seq)
	b, err := m.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	p.Filled(p.host.now, copy(p.Free(), wire.AppendFrame(nil, b)))
	p.Written(len(p.Pending()))
}

// loggedIn is a host with one account, and a connection that is logged in.
func loggedIn(t *testing.T, config Config) (*Host, func() *Peer) {
	t.Helper()
	x, err := core.New(core.Config{Accounts: []core.Account{{Username: "a", Password: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHost(x, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, func() *Peer {
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
