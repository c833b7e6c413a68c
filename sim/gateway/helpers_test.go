package gateway

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// sendPayload sends a payload with a sequence from the client and discards the answers.
func sendPayload(t *testing.T, c *Conn, seq uint64, fill func(*msg.Payload)) {
	t.Helper()
	var m msg.Payload
	fill(&m)
	m.MutableEtoPayload().SetSeq(seq)
	b, err := m.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	c.Filled(c.gateway.now, copy(c.Free(), wire.AppendFrame(nil, b)))
	c.Written(len(c.Pending()))
}

// loggedIn returns a gateway with one account, and a function that connects and logs in.
func loggedIn(t *testing.T, config Config) (*Gateway, func() *Conn) {
	t.Helper()
	x, err := exchange.New(exchange.Config{Accounts: []exchange.Account{{Username: "a", Password: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Simulated(x), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, func() *Conn {
		t.Helper()
		c, err := g.Accept(g.now)
		if err != nil {
			t.Fatal(err)
		}
		sendPayload(t, c, 1, func(m *msg.Payload) {
			m.SetType(msg.PayloadLogin)
			m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
			m.MutableLogin().SetUsernameString("a")
			m.MutableLogin().SetPasswordString("a")
		})
		return c
	}
}
