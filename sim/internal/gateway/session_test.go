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
