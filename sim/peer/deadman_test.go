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

// However often a client comes and goes, its switches do not pile up.
func TestSwitchesAreBounded(t *testing.T) {
	x, err := core.New(core.Config{Accounts: []core.Account{{Username: "a", Password: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHost(x, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for range 100 {
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
		say(t, p, 2, func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(true) })
		p.Lost(h.now)
		if len(h.switches) != 1 {
			t.Fatalf("%d switches are armed", len(h.switches))
		}
	}
	if len(h.kept) != sessionsKeptDefault || len(h.lastLogin) != 1 {
		t.Errorf("%d sessions are kept, of %d accounts", len(h.kept), len(h.lastLogin))
	}
}
