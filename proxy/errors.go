package proxy

import (
	"strings"

	"github.com/smk-go/smk/gen/msg"
)

// LogoutError reports that the proxy logged a client out.
type LogoutError struct{ Reason msg.EtoLogoutReason }

// Error returns the protocol's name of the reason.
func (e *LogoutError) Error() string {
	return "proxy: logged out: " + strings.TrimPrefix(e.Reason.String(), "LOGOUT_")
}
