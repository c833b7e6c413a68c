package gateway

import (
	"fmt"
	"io"
)

// String returns the numbers of connections and sessions.
func (g *Gateway) String() string {
	return fmt.Sprintf("gateway of %d connections, %d sessions kept", len(g.conns), len(g.detached))
}

// Format writes String for every verb: the latest message may be a login.
func (g *Gateway) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, g.String()) }

// String returns the connection's name, by its account.
func (c *Conn) String() string { return "connection of " + c.session.username }

// Format writes String for every verb: a connection holds the name of its session, which is secret.
func (c *Conn) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }
