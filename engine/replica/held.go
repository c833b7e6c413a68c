package replica

import (
	"slices"
	"strconv"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
)

// held is a message that has a number which the account had before. Either it comes again, or the exchange numbers
// anew, which the engine has found before it applied the message, and which the record behind it says.
type held struct {
	payload []byte // of none if it is empty
	number  uint64
	at      int64
	wall    int64
	record  uint64
	epoch   uint32
	flags   uint8
}

// heldSlack is room behind a payload that a decoder may read, and never uses.
const heldSlack = 64

// hold keeps the message until the next record.
func (m *Replica) hold(r *journal.Record, number uint64) {
	h := &m.held
	h.number, h.at, h.wall, h.record, h.epoch, h.flags = number, r.At, r.Wall, r.Seq, r.Epoch, r.Flags
	h.payload = slices.Grow(append(h.payload[:0], m.raw...), heldSlack)
}

// release applies the message that is held, before the next record. It reports whether that is done with: it says that
// the exchange numbers anew.
func (m *Replica) release(next *journal.Record) (done bool) {
	h := &m.held
	if len(h.payload) == 0 {
		return false
	}
	if next.Kind == journal.KindLog {
		if l := parseLog(string(next.Payload)); l["msg"] == logAccountReset {
			to, _ := strconv.ParseUint(l["to"], 10, 64)
			if done = to == h.number; done {
				m.session.account = to
				m.orderEvents(m.orders.AccountReset(next.At))
				m.c.Observer.Log(next, l)
			}
		}
	}
	r := journal.Record{
		Kind: journal.KindInbound, Payload: h.payload, At: h.at, Wall: h.wall, Seq: h.record, Epoch: h.epoch,
		Flags: h.flags,
	}
	if m.payload.Decode(h.payload, nil) == nil {
		m.apply(&r, &m.payload, m.payload.GetEtoPayload().GetIsReplay())
	}
	h.payload = h.payload[:0]
	return done
}

// numbered is a message of the account.
type numbered interface {
	GetAccountSequence() uint32
	GetAccountSequence_64() uint64
}

// accountSequence returns the number of a message of the account, 0 if it has none.
func accountSequence(p *msg.Payload) uint64 {
	var m numbered
	switch p.GetType() {
	case msg.PayloadOrderAccepted:
		m = p.GetOrderAccepted()
	case msg.PayloadOrderRejected:
		m = p.GetOrderRejected()
	case msg.PayloadOrderExecuted:
		m = p.GetOrderExecuted()
	case msg.PayloadOrderExecuteConfirmed:
		m = p.GetOrderExecuteConfirmed()
	case msg.PayloadOrderExecuteVoided:
		m = p.GetOrderExecuteVoided()
	case msg.PayloadOrderCancelled:
		m = p.GetOrderCancelled()
	case msg.PayloadOrderCancelRejected:
		m = p.GetOrderCancelRejected()
	case msg.PayloadOrderQuantityReduced:
		m = p.GetOrderQuantityReduced()
	case msg.PayloadOrderQuantityReduceRejected:
		m = p.GetOrderQuantityReduceRejected()
	case msg.PayloadOrderReduced:
		m = p.GetOrderReduced()
	case msg.PayloadOrderCancelAllAccepted:
		m = p.GetOrderCancelAllAccepted()
	case msg.PayloadOrderCancelAllRejected:
		m = p.GetOrderCancelAllRejected()
	case msg.PayloadOrderVoided:
		m = p.GetOrderVoided()
	case msg.PayloadOrderPendingReplace:
		m = p.GetOrderPendingReplace()
	case msg.PayloadOrderCancelReplaceAccepted:
		m = p.GetOrderCancelReplaceAccepted()
	case msg.PayloadOrderCancelReplaceRejected:
		m = p.GetOrderCancelReplaceRejected()
	default:
		return 0
	}
	if n := m.GetAccountSequence_64(); n != 0 {
		return n
	}
	return uint64(m.GetAccountSequence())
}
