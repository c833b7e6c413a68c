package standby

import "time"

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
