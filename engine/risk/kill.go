package risk

import (
	"math"
	"time"

	"github.com/smk-go/smk/internal/marks"
)

// KillState is how far the kill switch is.
type KillState uint8

// The states.
const (
	KillIdle    KillState = iota // not used
	KillAsking                   // an order_cancel_all has to be sent
	KillWaiting                  // one was sent; orders are left
	KillFlat                     // done: every order is terminal
	KillInDoubt                  // done: the others are in doubt, and the exchange accepted an order_cancel_all since
	KillGaveUp                   // done on this connection: orders are left after the last try
)

var killNames = [...]string{"idle", "asking", "waiting", "flat", "in doubt", "gave up"}

// String returns the state's name.
func (s KillState) String() string {
	if int(s) < len(killNames) {
		return killNames[s]
	}
	return "unknown kill state"
}

// Done reports whether nothing more is asked for, unless orders turn up or a new connection begins.
func (s KillState) Done() bool { return s >= KillFlat }

// OpenOrders counts the orders that may still trade.
type OpenOrders struct {
	Open     int  // neither terminal nor in doubt: sent and not answered, or live
	InDoubt  int  // those that nobody knows about
	Complete bool // there are no others: the account's history is known from its beginning
}

// killSwitch follows a halt to its end. It is done when nothing is open any more and either the caller knows of every
// order, none of them in doubt, or the exchange accepted an order_cancel_all that was sent after the halt. Orders
// that turn up afterwards begin it anew.
type killSwitch struct {
	state    KillState
	loggedIn bool
	accepted bool
	orders   OpenOrders
	named    int    // orders in doubt when it was done
	tries    int    // on this connection
	sent     uint64 // since the halt
	first    uint64 // the first and last request of this connection that belongs to the halt, 0 if none
	last     uint64
	next     int64 // clock reading from which on the next is asked for
	retry    int64
	most     int
}

func (k *killSwitch) init(retry time.Duration, tries int) { k.retry, k.most = int64(retry), tries }

// begin starts it and reports, like every method here, whether the state changed.
func (k *killSwitch) begin(now int64) bool {
	k.sent, k.accepted, k.first, k.last = 0, false, 0, 0
	k.ask(now)
	k.check(now)
	return true
}

// end makes it idle.
func (k *killSwitch) end() {
	k.state, k.accepted, k.tries, k.sent, k.first, k.last, k.named = KillIdle, false, 0, 0, 0, 0, 0
}

// ask makes it ask for order_cancel_all from now on.
func (k *killSwitch) ask(now int64) {
	k.state, k.tries, k.next = KillAsking, 0, now
}

// check applies what is known of the orders.
func (k *killSwitch) check(now int64) bool {
	o, before := k.orders, k.state
	ended := o.Open == 0 && (k.accepted || o.Complete && o.InDoubt == 0)
	switch k.state {
	case KillIdle:
	case KillFlat, KillInDoubt:
		switch {
		case o.Open > 0 || o.InDoubt > k.named:
			k.accepted, k.first, k.last = false, 0, 0
			marks.Hit(marks.KillBeginsAgain)
			k.ask(max(now, k.next))
		case o.InDoubt == 0:
			k.state, k.named = KillFlat, 0
			marks.Hit(marks.KillDoubtsEnded)
		}
	default:
		if ended {
			k.state, k.named = KillFlat, o.InDoubt
			if o.InDoubt > 0 {
				k.state = KillInDoubt
				marks.Hit(marks.KillInDoubt)
			}
		}
	}
	return k.state != before
}

// due reports whether an order_cancel_all has to be sent now. After the last try it gives up.
func (k *killSwitch) due(now int64) (send, changed bool) {
	if k.state != KillAsking && k.state != KillWaiting || !k.loggedIn || now < k.next {
		return false, false
	}
	if k.tries >= k.most {
		k.state = KillGaveUp
		marks.Hit(marks.KillGaveUp)
		return false, true
	}
	k.next = after(now, k.retry)
	marks.Hit(marks.KillAsks)
	return true, false
}

// deadline is the clock reading at which due has something to say, the greatest if it has not.
func (k *killSwitch) deadline() int64 {
	if k.state != KillAsking && k.state != KillWaiting || !k.loggedIn {
		return math.MaxInt64
	}
	return k.next
}

// cancelAllSent notes that one left as request id.
func (k *killSwitch) cancelAllSent(now int64, id uint64) bool {
	if k.state == KillIdle {
		return false
	}
	if k.first == 0 {
		k.first = id
	}
	k.last = id
	k.tries++
	k.sent++
	k.next = after(now, k.retry)
	if k.state != KillAsking {
		return false
	}
	k.state = KillWaiting
	return true
}

// cancelAllAnswered notes the answer to one. One that was sent before the halt proves nothing.
func (k *killSwitch) cancelAllAnswered(now int64, id uint64, accepted bool) bool {
	if k.state == KillIdle || k.first == 0 || id < k.first || id > k.last {
		return false
	}
	k.accepted = k.accepted || accepted
	return k.check(now)
}

// connected notes a login: what is not done begins with all its tries.
func (k *killSwitch) connected(now int64) bool {
	k.loggedIn = true
	k.first, k.last = 0, 0
	if k.state != KillAsking && k.state != KillWaiting && k.state != KillGaveUp {
		return false
	}
	before := k.state
	k.ask(now)
	marks.Hit(marks.KillAsksAfterLogin)
	return k.state != before
}

// disconnected notes that the session ended.
func (k *killSwitch) disconnected() bool {
	k.loggedIn = false
	if k.state != KillWaiting {
		return false
	}
	k.state = KillAsking
	marks.Hit(marks.KillCutOff)
	return true
}

// after returns a clock reading that much later, the greatest if there is none.
func after(now, d int64) int64 {
	if now > math.MaxInt64-d {
		return math.MaxInt64
	}
	return now + d
}
