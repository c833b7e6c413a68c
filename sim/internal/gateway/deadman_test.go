package gateway

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// However often a client comes and goes, its switches do not pile up.
func TestSwitchesAreBounded(t *testing.T) {
	h, login := loggedIn(t, Config{})
	for range 100 {
		p := login()
		say(t, p, 2, func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(true) })
		p.Disconnected(h.now)
		if len(h.switches) != 1 {
			t.Fatalf("%d switches are armed", len(h.switches))
		}
	}
	if len(h.detached) != sessionsKeptDefault || len(h.lastLogin) != 1 {
		t.Errorf("%d sessions are kept, of %d accounts", len(h.detached), len(h.lastLogin))
	}
}
