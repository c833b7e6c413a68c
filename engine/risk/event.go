package risk

import (
	"strconv"

	"github.com/smk-go/smk/odds"
)

// EventsMax is how many events wait for [Gate.Events]; of more the oldest are lost and counted in Stats.
const EventsMax = 64

// EventKind says what an event tells.
type EventKind uint8

// The kinds.
const (
	// ModeChanged tells that the mode went from From to Mode.
	ModeChanged EventKind = iota

	// KillChanged tells that the kill switch is in another state, Kill. Open and InDoubt are the orders left.
	KillChanged

	// LossExceeded tells that the realised loss, Amount, reached Config.LossMax.
	LossExceeded

	// DriftExceeded tells that a difference to the exchange, Amount, is beyond Config.DriftMax.
	DriftExceeded

	// WatchdogExpired tells that Beat was not called for Config.Watchdog.
	WatchdogExpired
)

var eventNames = [...]string{"mode changed", "kill changed", "loss exceeded", "drift exceeded", "watchdog expired"}

// String returns the kind's name.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown event"
}

// Event is what a gate found out.
type Event struct {
	Kind    EventKind
	From    Mode // the mode before a ModeChanged
	Mode    Mode // the mode now
	Kill    KillState
	At      int64 // clock reading
	Amount  odds.Money
	Open    int
	InDoubt int
	Cause   Cause // why the mode is what it is
}

// String returns what an event says, for people.
func (e Event) String() string {
	switch e.Kind {
	case ModeChanged:
		return "mode " + e.Mode.String() + ", was " + e.From.String() + ": " + e.Cause.String()
	case KillChanged:
		return "kill switch " + e.Kill.String() + ", " + strconv.Itoa(e.Open) + " open, " + strconv.Itoa(e.InDoubt) +
			" in doubt: " + e.Cause.String()
	case LossExceeded, DriftExceeded:
		return e.Kind.String() + ": " + e.Amount.String()
	}
	return e.Kind.String()
}

// events is a queue of bounded length.
type events struct {
	queue []Event
	lost  uint64
}

func (q *events) init() { q.queue = make([]Event, 0, EventsMax) }

// push appends an event, instead of the oldest if there is no room.
func (q *events) push(e Event) {
	if len(q.queue) == EventsMax {
		copy(q.queue, q.queue[1:])
		q.queue = q.queue[:EventsMax-1]
		q.lost++
	}
	q.queue = append(q.queue, e)
}

// take returns the events and empties the queue.
func (q *events) take() []Event {
	taken := q.queue
	q.queue = q.queue[:0]
	return taken
}
