package peer

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

// rareReply is reply for the kinds that are seldom sent.
type rareReply struct {
	balance       msg.BalanceChanged
	confirmed     msg.OrderExecuteConfirmed
	executeVoided msg.OrderExecutedVoid
}

func (b *rareReply) of(r *core.Report) core.Message {
	switch r.Type {
	case msg.PayloadBalanceChanged:
		m := &b.balance
		m.Reset()
		m.SetReasonString(r.Label)
		m.SetAvailableBalance(r.AvailableBalance.Float())
		m.SetExposure(r.Exposure.Float())
		return m
	}
	panic("BUG: sim: no message for a report of type " + r.Type.String())
}
