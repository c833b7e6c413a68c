package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/ring"
)

// requests are the order-entry messages that were sent and whose fate is open: in flight until their
// answer, and in doubt once that was reported.
type requests struct {
	frames     *ring.SendRing // where what is in flight was sent from; not owned
	open       inFlight       // wait for their answers
	doubts     inFlight       // were in open and are in doubt
	suppressed int            // messages in open that are to be reported as NotDelivered

	unanswered     uint64 // fates reported
	peak           uint64 // the most in open at a time
	resolvedDoubts uint64 // of what was in doubt, answered after all
}

// init claims the tables for limit messages.
func (q *requests) init(frames *ring.SendRing, limit int) {
	q.frames = frames
	q.open.init(limit)
	q.doubts.init(limit)
}

// release ends the wait for an answer.
func (q *requests) release(e *entry) { q.unlink(e, q.open.link(e)) }

// unlink is release for a caller that knows what links to e.
func (q *requests) unlink(e *entry, link *int32) {
	if e.is(flagSuppressed) {
		q.suppressed--
	}
	q.open.remove(e, link)
}

// suppress notes that a message is filled instead of sent again, so that it does not reach the exchange
// any more. It may have, if a copy was sent for an earlier request: some exchanges ask once for each
// message that they cannot use. A replace that is pending has.
func (q *requests) suppress(e *entry) {
	if e.flags == 0 {
		e.flags = flagSuppressed
		marks.Hit(marks.Suppressed)
		q.suppressed++
	}
}

// suppressUntil suppresses what was sent with the sequences from to below until.
func (q *requests) suppressUntil(from, until uint64) {
	for e := q.open.first(); e != nil && e.seq < until; e = q.open.after(e) {
		if e.seq >= from {
			q.suppress(e)
		}
	}
}

// resolveDoubt ends the doubt about a message.
func (q *requests) resolveDoubt(e *entry, link *int32) {
	q.doubts.remove(e, link)
	q.resolvedDoubts++
}

// forgetDoubt gives up what is in doubt.
func (q *requests) forgetDoubt(e *entry) { q.doubts.remove(e, q.doubts.link(e)) }

// doubt remembers a message whose fate was reported as in doubt: an answer may still come, or be repeated
// after the next login. The caller has made room.
func (q *requests) doubt(e *entry) { q.doubts.add(e.kind, e.key).copyFrom(e) }

// doubtEarlier remembers a message of an earlier run that is in doubt.
func (q *requests) doubtEarlier(r *EarlierRequest) {
	k := &r.Keys
	kind, key, subject := byReference, k.Reference, k.OrderID
	switch {
	case k.Type == msg.PayloadOrderCreate:
		if subject = k.Quantity; key == 0 {
			kind = byNothing // what would find it is a sequence of another session
		}
	case key == 0:
		kind, key = byOrder, subject
	}
	e := q.doubts.add(kind, key)
	e.typ, e.side, e.flags, e.away, e.seq, e.sent = uint8(k.Type), uint8(k.Side), flagDetached, 0, r.Seq, r.Sent
	e.subject, e.price, e.market, e.contract = subject, k.Price, k.Market, k.Contract
}

// detachDoubts begins a fresh session: what is in doubt now is from before it, and no answer of it is
// linked to that by a sequence of its own.
func (q *requests) detachDoubts() {
	for n := q.doubts.n; n > 0; n-- {
		old := *q.doubts.first()
		q.forgetDoubt(q.doubts.first())
		if old.kind == bySequence {
			old.kind = byNothing
			marks.Hit(marks.DoubtByNothing)
		}
		d := q.doubts.add(old.kind, old.key)
		d.copyFrom(&old)
		d.flags |= flagDetached
	}
}

// bySequence returns the message that was sent with a sequence, if it waits for its answer, or nil.
func (q *requests) bySequence(seq uint64) *entry {
	_, rec, kept := q.frames.Frame(seq)
	sentAs := func(e *entry) bool { return e.seq == seq }
	switch typ, application := ofKind(rec.Kind); {
	case !kept:
		marks.Hit(marks.RequestNotKept)
		return q.open.bySequence(seq)
	case !application || !classOf(typ).orderEntry():
		return nil
	case rec.Reference != 0:
		e, _, _ := q.open.find(byReference, rec.Reference, sentAs)
		return e
	case typ == msg.PayloadOrderCreate:
		e, _, _ := q.open.find(bySequence, seq, sentAs)
		return e
	}
	return q.open.bySequence(seq) // by its order, which the ring does not know
}

// oldestWithoutAnswer returns the oldest message that the exchange has not answered in any way, or nil.
func (q *requests) oldestWithoutAnswer() *entry {
	e := q.open.first()
	for e != nil && e.is(flagPending) {
		e = q.open.after(e)
	}
	return e
}

// ordersInFlight reports whether a message that can bring an order to the book waits for its answer.
func (q *requests) ordersInFlight() bool {
	e := q.open.first()
	for e != nil && classOf(e.payloadType()) != classCreate {
		e = q.open.after(e)
	}
	return e != nil
}
