package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/gateway"
)

// Causes for which an exchange ends a connection; see [Config].OnClose.
var (
	// ErrTLS reports a TLS handshake on a plain port.
	ErrTLS = gateway.ErrTLS

	// ErrMissingField reports a request that lacks a required field or has an unknown side.
	ErrMissingField = gateway.ErrMissingField

	// ErrGap reports a client that did not close a gap in its sequence in time.
	ErrGap = gateway.ErrGap

	// ErrReplays reports a client that requested a replay of the same messages too often or for
	// too long.
	ErrReplays = gateway.ErrReplays

	// ErrSlowConsumer reports a client that did not read what it was sent.
	ErrSlowConsumer = gateway.ErrSlowConsumer

	// ErrTooManyConnections reports that the limit of connections was reached.
	ErrTooManyConnections = gateway.ErrTooManyConnections

	// ErrResumed reports a connection whose session was resumed on another one.
	ErrResumed = gateway.ErrResumed

	// ErrRestart reports a connection that [Sim.Restart] ended.
	ErrRestart = gateway.ErrRestart
)

// LogoutError reports that the exchange logged a client out.
type LogoutError struct {
	Reason  msg.EtoLogoutReason
	Silence time.Duration // since the client's last message, or since it connected
}

// Error returns the protocol's name of the reason and, for timeouts, how long the client was silent.
func (e *LogoutError) Error() string {
	text := "sim: logged out: " + strings.TrimPrefix(e.Reason.String(), "LOGOUT_")
	switch e.Reason {
	case msg.EtoLogoutHeartbeatTimeout, msg.EtoLogoutLoginTimeout:
		text += fmt.Sprintf(", no message for %v", e.Silence)
	}
	return text
}

// logoutError returns a *LogoutError if the exchange logged the client out for what it did or
// failed to do, and nil otherwise.
func logoutError(c *gateway.Conn) error {
	if reason, silence, ok := c.LogoutCause(); ok {
		return &LogoutError{Reason: reason, Silence: silence}
	}
	return nil
}
