package session

import (
	"fmt"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// LogoutError is a logout by the exchange: it refuses the login, ends the
// session, or confirms our logout.
type LogoutError struct {
	Reason msg.EtoLogoutReason
	Asked  bool // after Logout
	Alarm  bool // the second heartbeat timeout within five minutes
	policy Policy
}

// Error returns the reason as text.
func (e *LogoutError) Error() string {
	if e.Clean() {
		return "session: logged out"
	}
	if !e.Reason.Known() {
		return fmt.Sprintf("session: logged out by the exchange: unknown reason %d", int32(e.Reason))
	}
	if e.Reason == msg.EtoLogoutUnauthorised {
		return fmt.Sprintf("session: logged out by the exchange: %v: "+
			"username, password or token are wrong; not tried again", e.Reason)
	}
	return fmt.Sprintf("session: logged out by the exchange: %v", e.Reason)
}

// Clean reports whether this is the confirmation of our own logout.
func (e *LogoutError) Clean() bool {
	return e.Asked && e.Reason == msg.EtoLogoutConfirmation
}

// Policy returns the reaction to the reason.
func (e *LogoutError) Policy() Policy { return e.policy }

// refusals counts what the reactions to some reasons depend on.
type refusals struct {
	loginTimeouts    int   // in a row
	notFirst         int   // in a row
	heartbeatTimeout bool  // there was one, at
	at               int64 // this clock reading
}

// loggedIn ends the rows.
func (r *refusals) loggedIn() { r.loginTimeouts, r.notFirst = 0, 0 }

// classify decides the reaction to a logout by the exchange.
func (r *refusals) classify(reason msg.EtoLogoutReason, asked, resuming bool, now int64) *LogoutError {
	e := &LogoutError{Reason: reason, Asked: asked}
	if asked {
		return e // whatever its reason, Logout came first
	}
	switch reason {
	case msg.EtoLogoutHeartbeatTimeout:
		marks.Hit(marks.LogoutHeartbeat)
		// It received nothing from us, which does not invalidate the session.
		e.policy = Policy{RetryNow, true}
		if r.heartbeatTimeout && now-r.at <= alarmWithin {
			e.Alarm = true
			marks.Hit(marks.LogoutAlarm)
			e.policy.Retry = RetryBackoff
		}
		r.heartbeatTimeout, r.at = true, now
	case msg.EtoLogoutLoginTimeout:
		marks.Hit(marks.LogoutLoginTimeout)
		r.loginTimeouts++
		e.policy = Policy{RetryBackoff, true}
		if r.loginTimeouts >= loginTriesMax {
			e.policy.Retry = RetryNever
		}
	case msg.EtoLogoutLoginNotFirstSeq:
		// Our counters are wrong: one try from the start.
		r.notFirst++
		if r.notFirst == 1 {
			e.policy.Retry = RetryNow
		}
	case msg.EtoLogoutUnknownSession:
		marks.Hit(marks.LogoutUnknownSession)
		e.policy.Retry = RetryBackoff
		if resuming {
			e.policy.Retry = RetryNow
		}
	case msg.EtoLogoutUnauthorised, msg.EtoLogoutUnverified:
		// Trying the same again could lock the account.
		e.policy.Retry = RetryNever
	case msg.EtoLogoutNone, msg.EtoLogoutConfirmation, msg.EtoLogoutServiceTemporarilyUnavailable,
		msg.EtoLogoutDowntime:
		e.policy = Policy{RetryBackoff, true}
	default:
		e.policy = Policy{RetryBackoff, true} // a reason that is not known
	}
	return e
}
