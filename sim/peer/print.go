package peer

import (
	"fmt"
	"io"
)

// String says how many clients there are.
func (h *Host) String() string {
	return fmt.Sprintf("host of %d connections, %d sessions kept", len(h.peers), len(h.kept))
}

// Format is String for every verb: the message that came last may be a login.
func (h *Host) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// String names the client by its account.
func (p *Peer) String() string { return "connection of " + p.s.username }

// Format is String for every verb: a connection knows its session's name.
func (p *Peer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }
