package standby

import (
	"sync"
	"time"
)

// EventKind is what happened.
type EventKind uint8

// The kinds, in the usual order.
const (
	Contending  EventKind = iota // for the lease: another has it, or nobody
	Acquired                     // the lease, and no holder before can send any more
	Restored                     // state and log are as the holder before left them
	Ready                        // logged in and caught up with the account: orders may leave
	HandingOver                  // the holder was asked to; it sends no new orders
	Ended                        // the engine has ended, with Err or nil; the lease is released unless it is lost
	LogFailed                    // the log is not published any more, with Err; trading goes on
	StateFailed                  // the state could not be saved to the bucket, with Err; it is tried again
)

var eventNames = [...]string{
	"contending", "acquired", "restored", "ready", "handing over", "ended", "log failed", "state failed",
}

// String returns the kind's name.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown"
}

// Event is something that happened.
type Event struct {
	Kind EventKind
	At   time.Time
	Term uint64 // 0 while contending
	Err  error
}

// eventsMax is how many events wait for a call of Observe to return; more are dropped, and logged like all.
const eventsMax = 256

// observed passes events on in their order. Whoever adds one while a call is under way leaves it to that goroutine, so
// that no lock is held in the call.
type observed struct {
	mu      sync.Mutex
	waiting []Event
	calling bool
}

func (o *observed) add(ev Event, observe func(Event)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) < eventsMax {
		o.waiting = append(o.waiting, ev)
	}
	if o.calling {
		return
	}
	o.calling = true
	for len(o.waiting) > 0 {
		next := o.waiting[0]
		o.waiting = o.waiting[1:]
		o.mu.Unlock()
		observe(next)
		o.mu.Lock()
	}
	o.calling = false
}
