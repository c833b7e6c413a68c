package gateway

import (
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// LogoutCause returns why the exchange logged the client out for what it did or failed to do, and
// how long before that its last message, or its connection, was. It reports false if the client
// asked for the logout, the exchange goes down, or there was no logout.
func (c *Conn) LogoutCause() (reason msg.EtoLogoutReason, silence time.Duration, ok bool) {
	switch c.logoutReason {
	case msg.EtoLogoutHeartbeatTimeout, msg.EtoLogoutLoginTimeout, msg.EtoLogoutLoginNotFirstSeq,
		msg.EtoLogoutUnknownSession, msg.EtoLogoutUnauthorised, msg.EtoLogoutUnverified:
		return c.logoutReason, c.logoutSilence, true
	}
	return 0, 0, false
}
