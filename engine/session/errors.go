package session

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// What a command is refused with. A refused command has no effect and takes no
// sequence.
var (
	// ErrNotLoggedIn means that nothing can be sent in the session's state, or that
	// the connection has to end.
	ErrNotLoggedIn = errors.New("session: not logged in")
	// ErrState means that a command does not fit the session's state.
	ErrState = errors.New("session: command does not fit the state")
	// ErrUndrained means that events are waiting for Next and come first.
	ErrUndrained = errors.New("session: events are waiting")
	// ErrFull means that there is no room behind what the socket has not taken yet.
	ErrFull = errors.New("session: send buffer full")
	// ErrTooLarge means that a message exceeds the largest frame.
	ErrTooLarge = errors.New("session: message too large")
	// ErrUnanswered means that too many order-entry messages wait for answers.
	ErrUnanswered = errors.New("session: too many order-entry messages without an answer")
	// ErrThrottled means that the exchange's limits leave no room for the
	// message now. Every *[ThrottledError] is it.
	ErrThrottled = errors.New("session: throttled")
	// ErrSide means an order_create whose side is missing or neither buy nor sell.
	// The exchange would end the connection for it, with all orders in doubt.
	ErrSide = errors.New("session: order_create without a side that exists")
	// ErrCatchingUp means that Config.RequireCaughtUp is set and CaughtUp was not
	// returned yet.
	ErrCatchingUp = errors.New("session: account messages are not caught up with")

	// ErrNoCredentials means that Config.LateCredentials is set and
	// SetCredentials has not been called.
	ErrNoCredentials = errors.New("session: no credentials to log in with")
	// ErrPings means that PingsMax pings wait for their pongs.
	ErrPings = errors.New("session: too many pings without a pong")
	// ErrPayloadType means a payload type that an application may not send.
	ErrPayloadType = errors.New("session: not the type of an application message")
	// ErrClosed means that the session was closed. It is also net.ErrClosed.
	ErrClosed error = closedError{}
)

type closedError struct{}

func (closedError) Error() string        { return "session: closed" }
func (closedError) Is(target error) bool { return target == net.ErrClosed }

// Why a connection has to end, besides *[LogoutError] and *[ProtocolError].
// PolicyOf says what to do then.
var (
	// ErrLoginTimeout means that the exchange did not answer the login.
	ErrLoginTimeout error = &endError{"session: no answer to the login", Policy{Retry: RetryBackoff}}
	// ErrLogoutTimeout means that the exchange did not confirm the logout.
	ErrLogoutTimeout error = &endError{"session: logout not confirmed", Policy{Retry: RetryNever}}
	// ErrPeerSilent means that nothing, or no whole message, arrived for too
	// long, although a ping asked for a sign of life.
	ErrPeerSilent error = &endError{"session: peer is silent", Policy{Retry: RetryBackoff, KeepSession: true}}
	// ErrUnresponsive means that the exchange is heard and takes no notice of us: for
	// PeerTimeout after the fate of an order-entry message was reported without an answer
	// no other one was answered, while there were more of them or the exchange asked for
	// replays; or for so long it asked for replays from one place without getting beyond it.
	ErrUnresponsive error = &endError{"session: nothing that was sent is answered", Policy{Retry: RetryBackoff}}
	// ErrReplayTimeout means that the exchange did not fill a gap: twice ReplayTimeout
	// passed without progress.
	ErrReplayTimeout error = &endError{"session: gap was not filled", Policy{Retry: RetryBackoff}}
	// ErrSessionReplaced means that the exchange did not resume the session but
	// opened another.
	ErrSessionReplaced error = &endError{"session: another session was opened than the one to resume", Policy{Retry: RetryNow}}
	// ErrAccountGap means that account messages are missing and Config asks for a new
	// login then.
	ErrAccountGap error = &endError{"session: account messages are missing", Policy{Retry: RetryNow}}
	// ErrSequenceSpent means that a counter has reached its end.
	ErrSequenceSpent error = &endError{"session: sequence numbers are used up", Policy{Retry: RetryBackoff}}
)

// endError is a reason to end a connection.
type endError struct {
	text   string
	policy Policy
}

func (e *endError) Error() string  { return e.text }
func (e *endError) Policy() Policy { return e.policy }

// Why the fate of an order-entry message is reported while the connection lives.
var (
	// ErrNoAnswer is why the fate of an order-entry message is told while the
	// connection lives: AnswerTimeout passed.
	ErrNoAnswer = errors.New("session: no answer in time")
	// ErrReplacePending is why the fate of an order_cancel_replace is told to which the
	// exchange said order_pending_replace, and then in AnswerTimeout neither that it is
	// carried out nor that it is not: the old order may be live, or the new one. It is
	// ErrNoAnswer too.
	ErrReplacePending = fmt.Errorf("%w: the replace is pending", ErrNoAnswer)
	// ErrStale is why a message was withheld when the exchange asked for it again:
	// StaleAfter had passed, or the send ring did not hold it any more.
	ErrStale = errors.New("session: too old to be sent again")
	// ErrThrottleExceeded is why the fate of the oldest unanswered message is told when
	// the exchange says that it dropped something without saying what.
	ErrThrottleExceeded = errors.New("session: the exchange dropped a message for its throttle")
)

// What a [ProtocolError] can be.
var (
	ErrNoSequence  = errors.New("message without a sequence")
	ErrGapTooLarge = errors.New("gap beyond GapMax")
	ErrReplayRange = errors.New("replay request beyond GapfillsMax")
)

// EnvelopeError reports a payload whose sequence and type cannot be read, in a
// [ProtocolError]: Kind is what is wrong, Offset is where, in bytes from the start of the
// payload.
type EnvelopeError = envelope.Error

// ProtocolError says that the peer broke the protocol: sequences can be trusted no
// more, and the connection has to end.
type ProtocolError struct {
	Seq      uint64 // of the message, 0 if it is not known
	Expected uint64 // the sequence that was next
	Message  uint64 // which one of the connection, counted from 1
	Err      error  // a sentinel of this package, a *wire.FrameError, *[EnvelopeError] or *msg.DecodeError
}

// Error says what and where.
func (e *ProtocolError) Error() string {
	return "session: protocol violation in message " + strconv.FormatUint(e.Message, 10) + " of the connection (sequence " +
		strconv.FormatUint(e.Seq, 10) + ", expected " + strconv.FormatUint(e.Expected, 10) + "): " + e.Err.Error()
}

// Unwrap returns what was violated.
func (e *ProtocolError) Unwrap() error { return e.Err }

// Policy is to come back with a fresh session after a pause.
func (e *ProtocolError) Policy() Policy { return Policy{Retry: RetryBackoff} }

// SendError is the fate of a message that was not answered.
type SendError struct {
	Seq       uint64
	Type      msg.PayloadType
	Reference uint64 // 0 if it had none
	Fate      Fate
	Cause     error // why it is known now: what ended the connection, for example
}

// Error names message, fate and cause.
func (e *SendError) Error() string {
	text := fmt.Sprintf("session: %v %d is %v", e.Type, e.Seq, e.Fate)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Cause }

// SafeToResend reports whether err, from a send of this package or of package engine, or from [Event.Err],
// proves that the exchange does not have the message, so that sending it again cannot do twice what was meant
// once. What is not proven is false, nil included.
func SafeToResend(err error) bool {
	var send *SendError
	if errors.As(err, &send) {
		return send.Fate == NotSent || send.Fate == NotDelivered // the cause says nothing about it
	}
	var known interface{ SafeToResend() bool }
	if errors.As(err, &known) {
		return known.SafeToResend()
	}
	for _, refusal := range [...]error{
		ErrNotLoggedIn, ErrFull, ErrTooLarge, ErrUnanswered, ErrThrottled, ErrPayloadType, ErrSide, ErrCatchingUp, ErrClosed, ErrSequenceSpent,
		ring.ErrFull, ring.ErrTooLarge, wire.ErrFrameTooLong,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	var marshal *wire.MarshalError
	return errors.As(err, &marshal)
}
