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
	// ErrFull means that the send ring has no room: the socket has not taken enough yet.
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

// closedError is the type of ErrClosed.
type closedError struct{}

// Error returns the text of ErrClosed.
func (closedError) Error() string { return "session: closed" }

// Is reports whether target is net.ErrClosed.
func (closedError) Is(target error) bool { return target == net.ErrClosed }

// Why a connection has to end, besides *[LogoutError] and *[ProtocolError].
// PolicyOf says what to do then.
var (
	// ErrLoginTimeout means that the exchange did not answer the login.
	ErrLoginTimeout error = &endError{"session: no answer to the login", Policy{Retry: RetryBackoff}}
	// ErrLogoutTimeout means that the exchange did not confirm the logout.
	ErrLogoutTimeout error = &endError{"session: logout not confirmed", Policy{Retry: RetryNever}}
	// ErrPeerSilent means that nothing, or no whole message, arrived for too
	// long, although a ping was sent to find out.
	ErrPeerSilent error = &endError{"session: peer is silent", Policy{Retry: RetryBackoff, KeepSession: true}}
	// ErrUnresponsive means that the exchange sends and does not handle what it receives:
	// for PeerTimeout after the fate of an order-entry message was reported without an
	// answer none was answered, while there were more of them or the exchange requested
	// replays; or for PeerTimeout it requested replays that all begin at the same sequence
	// or below.
	ErrUnresponsive error = &endError{"session: nothing that was sent is answered", Policy{Retry: RetryBackoff}}
	// ErrReplayTimeout means that the exchange did not fill a gap: twice ReplayTimeout
	// passed without progress.
	ErrReplayTimeout error = &endError{"session: gap was not filled", Policy{Retry: RetryBackoff}}
	// ErrSessionReplaced means that the exchange did not resume the session but
	// opened another.
	ErrSessionReplaced error = &endError{
		"session: another session was opened than the one to resume", Policy{Retry: RetryNow},
	}
	// ErrAccountGap means that account messages are missing and
	// Config.ReconnectOnAccountGap is set.
	ErrAccountGap error = &endError{"session: account messages are missing", Policy{Retry: RetryNow}}
	// ErrSequenceSpent means that the sequences of a direction, or the epochs, are used up.
	ErrSequenceSpent error = &endError{"session: sequence numbers are used up", Policy{Retry: RetryBackoff}}
)

// endError is a reason to end a connection.
type endError struct {
	text   string
	policy Policy
}

// Error returns the reason.
func (e *endError) Error() string { return e.text }

// Policy returns the reaction to the reason.
func (e *endError) Policy() Policy { return e.policy }

// Why the fate of an order-entry message is reported while the connection is open.
var (
	// ErrNoAnswer means that AnswerTimeout passed without an answer to an order-entry
	// message.
	ErrNoAnswer = errors.New("session: no answer in time")
	// ErrReplacePending means that the exchange answered an order_cancel_replace with
	// order_pending_replace, and then for AnswerTimeout with neither acceptance nor
	// rejection: the old order may be live, or the new one. It is ErrNoAnswer too.
	ErrReplacePending = fmt.Errorf("%w: the replace is pending", ErrNoAnswer)
	// ErrStale means that the exchange requested a replay of a message that was not sent
	// again: StaleAfter had passed, or the send ring did not keep it any more.
	ErrStale = errors.New("session: too old to be sent again")
	// ErrThrottleExceeded means that the exchange dropped a message without saying which,
	// so that the oldest one without an answer is in doubt.
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

// ProtocolError reports a breach of the protocol by the peer: sequences cannot be trusted
// any more, and the connection has to end.
type ProtocolError struct {
	Seq      uint64 // of the message, 0 if it is not known
	Expected uint64 // the sequence that was next
	Message  uint64 // which one of the connection, counted from 1
	Err      error  // a sentinel of this package, a *wire.FrameError, *[EnvelopeError] or *msg.DecodeError
}

// Error returns what was violated and where.
func (e *ProtocolError) Error() string {
	return "session: protocol violation in message " + strconv.FormatUint(e.Message, 10) +
		" of the connection (sequence " + strconv.FormatUint(e.Seq, 10) + ", expected " +
		strconv.FormatUint(e.Expected, 10) + "): " + e.Err.Error()
}

// Unwrap returns what was violated.
func (e *ProtocolError) Unwrap() error { return e.Err }

// Policy returns a backoff, and a fresh session after it.
func (e *ProtocolError) Policy() Policy { return Policy{Retry: RetryBackoff} }

// SendError is the fate of a message that was not answered.
type SendError struct {
	Seq       uint64
	Type      msg.PayloadType
	Reference uint64 // 0 if it had none
	Fate      Fate
	Cause     error // why it is reported: what ended the connection, for example
}

// Error returns the message, its fate and the cause.
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
// proves that the exchange does not have the message, so that sending it again cannot have its effect twice.
// It is false for whatever proves nothing, nil included.
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
		ErrNotLoggedIn, ErrFull, ErrTooLarge, ErrUnanswered, ErrThrottled, ErrPayloadType, ErrSide, ErrCatchingUp,
		ErrClosed, ErrSequenceSpent, ring.ErrFull, ring.ErrTooLarge, wire.ErrFrameTooLong,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	var marshal *wire.MarshalError
	return errors.As(err, &marshal)
}
