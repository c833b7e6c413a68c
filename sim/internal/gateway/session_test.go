package gateway

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// A replay for which the very message that it is about has to go is none: what is not kept cannot be
// sent again.
func TestReplayThatEvictsItself(t *testing.T) {
	_, login := loggedIn(t, Config{OutBytes: 1 << 10, OutFrames: 1 << 10})
	p := login()
	ping := func(m *msg.Payload) {
		m.SetType(msg.PayloadEto)
		m.MutableEtoPayload().SetType(msg.EtoPayloadPing)
	}
	seq := uint64(2)
	for ; p.session.out.Oldest() < 10; seq++ {
		say(t, p, seq, ping)
	}
	oldest := p.session.out.Oldest()
	if p.session.replay(oldest) {
		t.Error("a message was replayed that had to go for it")
	}
	p.Written(len(p.Pending()))
	for from := oldest; ; from++ {
		if _, _, ok := p.session.out.Frame(from); ok && p.session.out.Newest()-from < 10 {
			if !p.session.replay(from) {
				t.Error("what is kept, with room beside it, was not replayed")
			}
			return
		}
	}
}
