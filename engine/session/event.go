package session

import "github.com/smk-go/smk/gen/msg"

// EventKind says what an [Event] reports.
type EventKind uint8

// The kinds of events. Every event has Kind, Epoch and Received; each kind names
// the other fields that it sets.
const (
	_ EventKind = iota

	// Message is an application message in its sequence, whether its type is
	// known or not: Seq, Origin, AccountSequence, Request, Payload, Raw.
	Message

	// Unknown is a session message of an unknown type, which takes its sequence
	// and has no effect: Seq, Origin, Payload, Raw.
	Unknown

	// LoggedIn is the answer to the login: Seq, Payload, Raw, Resumed, and in
	// AccountSequence the number that was resumed from. Payload holds the
	// login_response.
	LoggedIn

	// LoggedOut is a logout by the exchange, be it the confirmation of ours:
	// Seq, Payload, Raw, Reason. Next returns an error after it.
	LoggedOut

	// StateChanged reports State, and in Cause why the connection ended if it is
	// Disconnected.
	StateChanged

	// Gap says that inbound messages From to To are missing. A replay is requested,
	// and nothing behind them is delivered before it: for up to twice
	// Config.ReplayTimeout from the last progress on, and then the connection ends.
	Gap

	// Recovered says that everything from From to To, which was missing or had to
	// be discarded, has been delivered or filled.
	Recovered

	// AccountGap says that account messages From to To have been missing for
	// AccountGapAfter, while later ones were received. Account numbers may have holes,
	// so that this is a possible loss and no certain one. The next login requests them.
	AccountGap

	// Pong answers a ping: Seq, Origin, Ping, RoundTrip.
	Pong

	// ThrottleExceeded says that the exchange dropped something we sent
	// recently, not what: Seq, Origin. Order entry is paused.
	ThrottleExceeded

	// SendResolved reports what is known of a message that got no answer: in Seq the
	// sequence it was sent with, Type, Reference, Request, Fate, and in Cause why it
	// is reported. There is one for a message, and none for an answered one. A replace
	// that got only the first of two answers has Cause [ErrReplacePending].
	SendResolved

	// CaughtUp comes once after each login, when everything that the exchange
	// repeats of the account's messages has been returned: Resumed, and in
	// AccountSequence where a later login resumes from. Complete says that nothing of
	// what the login requested is known or suspected to be missing; if not, Cause says
	// why. What earlier logins gave up is not counted: AccountLost has reported it.
	CaughtUp

	// AccountRecovered says that account messages From to To, which AccountGap
	// named, were received after all. Of a range that arrived in parts it names the last.
	AccountRecovered

	// AccountLost says that account messages From to To are not requested any more:
	// the exchange did not repeat them when a login requested them, or there were more
	// than AccountHolesMax ranges. If numbers have holes nothing is lost. One that
	// arrives all the same is returned like any other.
	AccountLost

	// AccountReset comes before a message whose account sequence, To, neither follows
	// nor repeats From, the highest one so far: the exchange began to count anew, or
	// the number is wrong. Such a message is always returned. If the next number
	// follows it the session follows the new numbers, otherwise the old ones.
	AccountReset

	// SendUnresolved says that a message which SendResolved reported as in doubt will not
	// be resolved by the exchange's messages any more: Seq, Type, Reference, Request, Fate,
	// Cause. The order may be live: ask the exchange's HTTP API, or cancel all.
	SendUnresolved

	// AnswerMismatch says that the message that follows has the reference, or the
	// sequence, of a request that waits for its answer or is in doubt, and contradicts it:
	// in Seq the sequence that the request was sent with, Type, Reference, Request. The
	// request stays as it is. Another session of the account uses the same references, or the
	// exchange mixes orders up.
	AnswerMismatch
)

var eventNames = [...]string{
	"none", "message", "unknown", "logged in", "logged out", "state changed", "gap", "recovered",
	"account gap", "pong", "throttle exceeded", "send resolved", "caught up", "account recovered", "account lost",
	"account reset", "send unresolved", "answer mismatch",
}

// String returns the kind's name.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown kind"
}

// Origin says whether a message was sent for the first time.
type Origin uint8

// The origins.
const (
	Live     Origin = iota // sent once
	Replayed               // marked by the peer as sent again
)

// String returns the origin's name.
func (o Origin) String() string {
	if o == Replayed {
		return "replayed"
	}
	return "live"
}

// Fate is what is known of a message that was not answered.
type Fate uint8

// The fates.
const (
	// NotSent: no byte of it left.
	NotSent Fate = iota + 1
	// NotDelivered: the exchange requested a replay of it, which was refused because
	// it had become stale. The exchange does not have it.
	NotDelivered
	// InDoubt: some or all of it left, and the exchange may have it.
	InDoubt
)

var fateNames = [...]string{"answered", "not sent", "not delivered", "in doubt"}

// String returns the fate's name.
func (f Fate) String() string {
	if int(f) < len(fateNames) {
		return fateNames[f]
	}
	return "unknown fate"
}

// Event is what Next returns: one value, reused, valid with all it points to
// until the next call of Next, Free, Lost or Close. Kind says which fields mean
// something.
type Event struct {
	Kind     EventKind
	Origin   Origin
	State    State
	Fate     Fate
	Resumed  bool                // the session was resumed
	Complete bool                // nothing that the login requested is missing
	Reason   msg.EtoLogoutReason // as received
	Type     msg.PayloadType     // of the message that was sent
	Epoch    uint32              // connections opened, from 1; 0 before the first
	Received int64               // clock reading of the call that gave rise to it

	Seq             uint64
	AccountSequence uint64 // 0 if the message has none
	From, To        uint64 // both included

	Ping      uint64 // sequence of the ping, 0 if the pong answers none
	RoundTrip int64  // nanoseconds from the ping to its pong, 0 if it answers none
	Reference uint64 // 0 if the message had none
	Request   Request

	Payload *msg.Payload // decoded
	Raw     []byte       // the payload's bytes, as received
	Cause   error
}

// Request is a message that was sent, as the event of its answer, or about it, names it.
type Request struct {
	Seq       uint64          // 0 if the event answers no message that waited for an answer
	Sent      int64           // clock reading of the send: the answer took Received - Sent
	Type      msg.PayloadType // as it was sent
	Reference uint64          // 0 if it had none
}

// Err returns what an event of kind SendResolved says as an error for
// [SafeToResend] and for callers that wait for the send, and nil for other kinds.
// The error may be kept.
func (e *Event) Err() error {
	if e.Kind != SendResolved {
		return nil
	}
	return &SendError{Seq: e.Seq, Type: e.Type, Reference: e.Reference, Fate: e.Fate, Cause: e.Cause}
}

// eventQueue holds the events that are not messages until Next returns them. Its
// bound is what one message or one call can give rise to.
type eventQueue struct {
	events [queueMax]Event
	first  int
	n      int
	borrow int // of them, those that refer to the receive buffer
}

// push queues an event, for which there has to be room.
func (q *eventQueue) push(e Event) {
	if q.n == queueMax {
		panic("BUG: session: event queue overflow")
	}
	q.events[(q.first+q.n)%queueMax] = e
	if q.n++; e.Raw != nil {
		q.borrow++
	}
}

// pop takes the oldest event out, and reports false if there is none.
func (q *eventQueue) pop(into *Event) bool {
	if q.n == 0 {
		return false
	}
	if *into = q.events[q.first]; into.Raw != nil {
		q.borrow--
	}
	q.events[q.first] = Event{}
	q.first = (q.first + 1) % queueMax
	q.n--
	return true
}
