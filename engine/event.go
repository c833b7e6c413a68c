package engine

import "github.com/smk-go/smk/engine/session"

// Event is what a handler is called with: what happened, on which connection, and when. It is one value, reused,
// and valid with everything that it points to until the handler returns. Clock readings are nanoseconds since
// the Unix epoch by a clock that never goes back. It is an alias of session.Event, so its fields are:
//
//	Kind             session.EventKind    what happened; the other fields depend on it
//	Epoch            uint32               number of the connection, from 1; 0 before the first
//	Received         int64                clock reading of the read, or of the timer, that led to the event
//	Seq              uint64               sequence of the message; of SendResolved and others the sent one's
//	Origin           session.Origin       Live, or Replayed if the exchange marked the message so
//	AccountSequence  uint64               position on the account, across sessions; 0 if the message has none
//	Payload          *msg.Payload         the decoded message
//	Raw              []byte               its bytes, as received
//	Request          session.Request      the request that the message answers: Seq, Sent, Type, Reference
//	State            session.State        new state of the session
//	Cause            error                why the connection ended, or something is not known
//	Reason           msg.EtoLogoutReason  of a logout, as received
//	Resumed          bool                 the session goes on: no login of another one was between
//	Complete         bool                 nothing that the login asked for is missing
//	From, To         uint64               range of missing or recovered messages, both included
//	Ping             uint64               sequence of the ping, 0 if there was none
//	RoundTrip        int64                nanoseconds from the ping to its pong
//	Type             msg.PayloadType      of the message that was sent
//	Reference        uint64               its reference, 0 if it had none
//	Fate             session.Fate         NotSent, NotDelivered or InDoubt
//
// Each kind has its handlers, and its fields besides Kind, Epoch and Received:
//
//	Message           OnMessage, OnOrderAccepted, ...  Seq, Origin, AccountSequence, Payload, Raw, Request
//	LoggedIn          OnLoggedIn           Seq, Payload, Raw, Resumed, AccountSequence: where it resumed from
//	LoggedOut         OnLoggedOut          Seq, Payload, Raw, Reason
//	StateChanged      OnState              State, Cause if it is Disconnected
//	Gap               OnGap                From, To
//	Recovered         OnRecovered          From, To
//	CaughtUp          OnCaughtUp           Resumed, Complete, Cause, AccountSequence: where to resume from
//	AccountGap        OnAccountGap         From, To
//	AccountRecovered  OnAccountRecovered   From, To
//	AccountLost       OnAccountLost        From, To
//	AccountReset      OnAccountReset       From, To
//	Pong              OnPong               Seq, Origin, Ping, RoundTrip
//	ThrottleExceeded  OnThrottleExceeded   Seq, Origin
//	SendResolved      OnSendResolved       Seq, Type, Reference, Fate, Cause, Request
//	SendUnresolved     OnSendUnresolved      Seq, Type, Reference, Fate, Cause, Request
//	AnswerMismatch    OnAnswerMismatch     Seq, Type, Reference, Request
//	Unknown           OnUnknown            Seq, Origin, Payload, Raw
//
// Its method Err returns a SendResolved as an error for session.SafeToResend, which may be kept, and nil for
// other kinds.
type Event = session.Event

// TapRecord is what OnPayload's handlers are called with: one payload of either direction. It is one value,
// reused, and valid with its Payload until the handler returns. It is an alias of session.TapRecord, so its
// fields are:
//
//	Direction  session.Direction  Inbound, from the exchange, or Outbound
//	Epoch      uint32             number of the connection, from 1
//	At         int64              clock reading at which it was taken out of the receive buffer, or queued
//	Payload    []byte             what a frame holds, with asterisks for credentials
//	Truncated  bool               Payload is the beginning of one with credentials, or of a malformed one
type TapRecord = session.TapRecord
