package gateway

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// The switches of a client that reconnects again and again do not accumulate.
func TestSwitchesAreBounded(t *testing.T) {
	g, login := loggedIn(t, Config{})
	for range 100 {
		c := login()
		sendPayload(t, c, 2, func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(true) })
		c.Disconnected(g.now)
		if len(g.switches) != 1 {
			t.Fatalf("%d switches are armed", len(g.switches))
		}
	}
	if len(g.detached) != sessionsKeptDefault || len(g.lastLogin) != 1 {
		t.Errorf("%d sessions are kept, of %d accounts", len(g.detached), len(g.lastLogin))
	}
}
