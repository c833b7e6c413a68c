package risk

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// Needs returns the parts of a snapshot that a message is judged by now, none for one that always passes.
func (g *Gate) Needs(typ msg.PayloadType) Parts {
	switch typ {
	case msg.PayloadOrderCreate:
		return g.needs
	case msg.PayloadOrderCancelReplace:
		return g.replace
	}
	return 0
}

// Admit returns nil if a message may be sent, or a *[Refusal]. keys are those of the message, and s what is known as
// of now; nothing of either is kept, and s may be nil if Needs returns nothing. It uses nothing up: Sent does.
//
// A refusal for a loss or a missed Beat changes the mode as it is made.
func (g *Gate) Admit(now int64, keys *msg.Keys, s *Snapshot) error {
	if keys.Type != msg.PayloadOrderCreate && keys.Type != msg.PayloadOrderCancelReplace {
		return nil
	}
	now = g.advance(now)
	g.remember = false
	if g.mode == Halted {
		marks.Hit(marks.RefusedHalted)
		return g.refusals.refuse(LimitHalted, 0, 0, 0)
	}
	if !g.free {
		if s == nil {
			s = &unknown
		}
		if err := g.judge(now, keys, s); err != nil {
			return err
		}
	}
	g.admitted++
	return nil
}

// unknown is the snapshot of a caller that has none.
var unknown Snapshot

// Sent notes that a message left: the one that Admit returned nil for last, or one that it does not judge. Messages
// that were sent without asking Admit take from Config.Rate and are not remembered as duplicates.
func (g *Gate) Sent(now int64, keys *msg.Keys) {
	switch keys.Type {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
		now = g.advance(now)
		if g.remember {
			g.remember = false
			g.duplicates.add(now)
		}
	case msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce:
		now = g.advance(now)
	default:
		return
	}
	if g.rate.rate != 0 {
		g.rate.take(now)
	}
}
