package gateway

import (
	"fmt"
	"io"
)

// String says how many clients there are.
func (h *Gateway) String() string {
	return fmt.Sprintf("host of %d connections, %d sessions kept", len(h.conns), len(h.detached))
}

// Format is String for every verb: the message that came last may be a login.
func (h *Gateway) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// String names the client by its account.
func (p *Conn) String() string { return "connection of " + p.session.username }

// Format is String for every verb: a connection knows its session's name.
func (p *Conn) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }
