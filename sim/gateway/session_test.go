package gateway

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// A replay fails if making room for it evicts the message to be resent.
func TestReplayThatEvictsItself(t *testing.T) {
	_, login := loggedIn(t, Config{OutBytes: 1 << 10, OutFrames: 1 << 10})
	c := login()
	ping := func(m *msg.Payload) {
		m.SetType(msg.PayloadEto)
		m.MutableEtoPayload().SetType(msg.EtoPayloadPing)
	}
	seq := uint64(2)
	for ; c.session.out.Oldest() < 10; seq++ {
		sendPayload(t, c, seq, ping)
	}
	oldest := c.session.out.Oldest()
	if c.session.replay(oldest) {
		t.Error("a message was replayed that was evicted for it")
	}
	c.Written(len(c.Pending()))
	for from := oldest; ; from++ {
		if _, _, ok := c.session.out.Frame(from); ok && c.session.out.Newest()-from < 10 {
			if !c.session.replay(from) {
				t.Error("a message that is kept was not replayed")
			}
			return
		}
	}
}

// An account has no more connections than it may, and none of another account's.
func TestAccountConnections(t *testing.T) {
	g, connect := loggedIn(t, Config{ConnectionsOf: func(string) int { return 2 }})
	first, second, third := connect(), connect(), connect()
	if first.Closing() || second.Closing() || !third.Closing() {
		t.Errorf("closing: %v %v %v", first.Closing(), second.Closing(), third.Closing())
	}
	first.Disconnected(g.now)
	if fourth := connect(); fourth.Closing() {
		t.Error("refused although a connection ended")
	}
}

// Each account has the limits that ThrottleOf returns for it, until they are changed for all.
func TestThrottleOf(t *testing.T) {
	asked := ""
	g, connect := loggedIn(t, Config{ThrottleOf: func(username string) Throttle {
		asked = username
		return Throttle{Rate: 7, Burst: 3}
	}})
	c := connect()
	got := c.session.throttle
	if asked != "a" || got.Rate != 7 || got.Burst != 3 || c.session.bucket.tokens != 3*token {
		t.Errorf("asked for %q, %+v", asked, got)
	}
	g.SetThrottle(g.now, Throttle{Rate: 9})
	if got := c.session.throttle; got.Rate != 9 {
		t.Errorf("changed to %+v", got)
	}
}
