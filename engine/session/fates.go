package session

import (
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/ring"
)

// fates finds out what became of the messages that were sent on a connection that ended, oldest first:
// order entry that was not answered, then other application messages that did not leave.
type fates struct {
	open  bool
	cause error  // why the connection ended
	seq   uint64 // next one of the ring
}

// begin starts anew.
func (f *fates) begin(cause error) { *f = fates{open: true, cause: cause} }

// next returns the next fate, and nil if there are no more: of an entry that is in flight, or of a message
// that is not tracked.
func (f *fates) next(q *requests, r *resender) (e *entry, of Request, fate Fate) {
	if !f.open {
		return nil, Request{}, 0
	}
	if e = q.open.first(); e != nil {
		fate = InDoubt
		switch {
		case e.is(flagSuppressed):
			fate = NotDelivered
			marks.Hit(marks.FateNotDelivered)
		case !e.is(flagPending):
			q.frames.Range(e.seq, func(rec ring.Record, state ring.SentState) bool {
				if rec.Seq == e.seq {
					fate = r.fate(rec.Seq, state)
				}
				return false
			})
		}
		return e, e.request(), fate
	}
	f.open = false
	q.frames.Range(f.seq, func(rec ring.Record, state ring.SentState) bool {
		f.seq = rec.Seq + 1
		typ, application := ofKind(rec.Kind)
		if !application || classOf(typ).orderEntry() || state == ring.Sent {
			return true
		}
		f.open = true
		of, fate = Request{Seq: rec.Seq, Sent: rec.Stamp, Type: typ}, r.fate(rec.Seq, state)
		return false
	})
	return nil, of, fate
}
