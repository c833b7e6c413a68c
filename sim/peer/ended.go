package peer

import (
	"fmt"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// LogoutError says why the exchange logged a client out.
type LogoutError struct {
	Reason  msg.EtoLogoutReason
	Silence time.Duration // since the client's last message, or the connection's start
}

// Error names the reason as the protocol does, and how long the client was silent if that
// was the reason.
func (e *LogoutError) Error() string {
	text := "sim: logged out: " + strings.TrimPrefix(e.Reason.String(), "LOGOUT_")
	switch e.Reason {
	case msg.EtoLogoutHeartbeatTimeout, msg.EtoLogoutLoginTimeout:
		text += fmt.Sprintf(", nothing was heard for %v", e.Silence)
	}
	return text
}

// LoggedOut returns a [*LogoutError] if the exchange ended the connection by a logout
// for what the client did or did not do, and nil if the client asked for it, the exchange
// goes down, or nothing was ended.
func (p *Peer) LoggedOut() error {
	switch p.ended.Reason {
	case msg.EtoLogoutHeartbeatTimeout, msg.EtoLogoutLoginTimeout, msg.EtoLogoutLoginNotFirstSeq,
		msg.EtoLogoutUnknownSession, msg.EtoLogoutUnauthorised, msg.EtoLogoutUnverified:
		return &p.ended
	}
	return nil
}
