package session

import "errors"

// Retry says when to connect again.
type Retry uint8

// The answers.
const (
	RetryNever   Retry = iota // not without a change by a human
	RetryNow                  // at once
	RetryBackoff              // after a pause that grows with the failures in a row
)

var retryNames = [...]string{"never", "now", "backoff"}

// String returns the name.
func (r Retry) String() string {
	if int(r) < len(retryNames) {
		return retryNames[r]
	}
	return "unknown retry"
}

// Policy says what follows the end of a connection.
type Policy struct {
	Retry       Retry
	KeepSession bool // the session's identifier may still be good for resuming
}

// PolicyOf returns the policy for what ended a connection: an error of this
// package, or whatever the transport said, which is worth another try.
func PolicyOf(cause error) Policy {
	var ours interface{ Policy() Policy }
	if errors.As(cause, &ours) {
		return ours.Policy()
	}
	return Policy{Retry: RetryBackoff, KeepSession: true}
}
