package engine

import (
	"math"
	"slices"
	"time"

	"github.com/smk-go/smk/internal/marks"
)

// cancellation says whether all orders of the account are cancelled. Orders that were sent before may be accepted
// after the first order_cancel_all is on its way, and answers need not keep the order of the requests. So for
// each order that is accepted meanwhile either its end has to be reported, or another order_cancel_all, sent
// after it, has to be accepted. All of this survives a lost connection.
type cancellation struct {
	pending   [cancelsMax]uint64 // sequences of our order_cancel_all without an answer, oldest first
	pendings  int
	sent      bool
	lastSent  int64 // clock reading of the newest; notSent before the first, and if the last one does not count
	notBefore int64 // clock reading of the next one, at the earliest

	accepted   bool   // one was that counts
	countsFrom uint64 // those of lower sequences do not count
	opened     [openedMax]openedOrder
	opens      int

	doubts   [openedMax]uint64 // references of orders in doubt since the shutdown began, 0 if unknown
	inDoubt  int               // how many, also beyond the array
	catchUp  bool              // after a login: what the exchange repeats may resolve the doubts
	lastFail error             // why the cancellation is not confirmed, as far as that is known
}

// openedOrder is an order that was accepted while orders are cancelled.
type openedOrder struct {
	id  uint64
	seq uint64 // an order_cancel_all of this sequence or a later one covers it
}

// notSent is the clock reading of an order_cancel_all that was not sent.
const notSent = math.MinInt64

// done reports whether nothing is left of what can be cancelled.
func (c *cancellation) done() bool { return c.accepted && c.opens == 0 }

// due returns the clock reading at which the next order_cancel_all is due, never if only answers are missing.
// timeout is that of the whole cancellation.
func (c *cancellation) due(timeout time.Duration) int64 {
	at := int64(never)
	switch {
	case c.lastSent == notSent:
		at = notSent
	case c.done():
	case c.pendings > 0:
		at = c.lastSent + min(int64(timeout)/cancelTries, int64(cancelLost)<<c.pendings) // it may have been lost
	default:
		at = c.lastSent + int64(cancelPause) // the ends of the opened orders may be on their way
	}
	return max(at, c.notBefore)
}

// sentAt notes an order_cancel_all.
func (c *cancellation) sentAt(now int64, seq uint64) {
	if c.pendings == cancelsMax {
		c.removePending(0)
		marks.Hit(marks.StopCancelsFull)
	}
	c.pending[c.pendings], c.sent, c.lastSent = seq, true, now
	c.pendings++
}

// removePending takes the pending order_cancel_all of an index out.
func (c *cancellation) removePending(i int) {
	copy(c.pending[i:], c.pending[i+1:c.pendings])
	c.pendings--
}

// retry has the next order_cancel_all sent after a pause, whatever became of the last one.
func (c *cancellation) retry(now int64) { c.lastSent, c.notBefore = notSent, now+int64(cancelPause) }

// confirm notes that the order_cancel_all of a sequence was accepted.
func (c *cancellation) confirm(seq uint64) {
	c.accepted = c.accepted || seq >= c.countsFrom
	c.removeOpened(func(o openedOrder) bool { return o.seq <= seq })
}

// open notes that an order was accepted, or that an unknown one may have been if id is 0. next is the sequence
// of the next message that is sent.
func (c *cancellation) open(id, next uint64) {
	if id == 0 || c.opens == openedMax {
		c.countsFrom, c.accepted = next, false
		marks.Hit(marks.StopOrderOpened)
		return
	}
	c.opened[c.opens] = openedOrder{id, next}
	marks.Hit(marks.StopOrderKnown)
	c.opens++
}

// close notes that an order has left the book.
func (c *cancellation) close(id uint64) {
	c.removeOpened(func(o openedOrder) bool { return o.id == id })
}

func (c *cancellation) removeOpened(del func(openedOrder) bool) {
	c.opens = len(slices.DeleteFunc(c.opened[:c.opens], del))
}

// doubt notes an order whose fate is in doubt.
func (c *cancellation) doubt(reference uint64) {
	if c.inDoubt < openedMax {
		c.doubts[c.inDoubt] = reference
	}
	c.inDoubt++
}

// resolve notes an answer, which may be to an order in doubt.
func (c *cancellation) resolve(reference uint64) {
	known := c.doubts[:min(c.inDoubt, openedMax)]
	if i := slices.Index(known, reference); i >= 0 && reference != 0 {
		known[i], known[len(known)-1] = known[len(known)-1], 0 // one beyond the array may take the last place
		c.inDoubt--
	}
}

// login begins anew on another connection: whatever was requested on the last one is requested again.
func (c *cancellation) login() {
	c.pendings, c.opens, c.countsFrom, c.accepted, c.lastSent = 0, 0, 0, false, notSent
	c.catchUp = true
}
