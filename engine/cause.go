package engine

import (
	"errors"
	"log/slog"

	"github.com/smk-go/smk/engine/session"
)

// Cause classifies errors that end connections, or keep them from being opened.
type Cause uint8

// The causes.
const (
	CauseTransport    Cause = iota // the socket failed, or the other end closed it
	CauseDial                      // no connection could be opened: *DialError
	CauseStalled                   // the socket accepted no more bytes: ErrSendStalled
	CauseSilent                    // no data or no answers: session.ErrPeerSilent, session.ErrUnresponsive
	CauseLoginTimeout              // session.ErrLoginTimeout
	CauseLogout                    // the exchange logged us out: *session.LogoutError
	CauseProtocol                  // the exchange broke the protocol: *session.ProtocolError
	CauseReplay                    // a gap was not filled: session.ErrReplayTimeout
	CauseSession                   // any other error of the session
	CauseOwn                       // Stop, Close, a panic in a handler, ErrCancelAllIncomplete or ErrFenced
	CauseCredentials               // Config.Credentials failed: *CredentialsError
	causes
)

var causeNames = [causes]string{
	"transport", "dial", "stalled", "silent", "login timeout", "logout", "protocol", "replay", "session", "own",
	"credentials",
}

// String returns the cause's name.
func (c Cause) String() string {
	if c < causes {
		return causeNames[c]
	}
	return "unknown cause"
}

// LogValue is String, so that every handler of package slog names the cause.
func (c Cause) LogValue() slog.Value { return slog.StringValue(c.String()) }

// CauseOf returns the class of the Cause of an event of a lost connection.
func CauseOf(err error) Cause {
	var dial *DialError
	var logout *session.LogoutError
	var protocol *session.ProtocolError
	var panicked *PanicError
	var credentials *CredentialsError
	switch {
	case errors.As(err, &credentials):
		return CauseCredentials
	case errors.As(err, &dial):
		return CauseDial
	case errors.As(err, &logout):
		if logout.Asked {
			return CauseOwn
		}
		return CauseLogout
	case errors.As(err, &protocol):
		return CauseProtocol
	case errors.As(err, &panicked), errors.Is(err, ErrClosed), errors.Is(err, ErrNotConfirmed),
		errors.Is(err, session.ErrLogoutTimeout), errors.Is(err, ErrCancelAllIncomplete), errors.Is(err, ErrFenced):
		return CauseOwn
	case errors.Is(err, ErrSendStalled):
		return CauseStalled
	case errors.Is(err, session.ErrPeerSilent), errors.Is(err, session.ErrUnresponsive):
		return CauseSilent
	case errors.Is(err, session.ErrLoginTimeout):
		return CauseLoginTimeout
	case errors.Is(err, session.ErrReplayTimeout):
		return CauseReplay
	case errors.Is(err, session.ErrSessionReplaced), errors.Is(err, session.ErrSequenceSpent):
		return CauseSession
	}
	return CauseTransport
}
