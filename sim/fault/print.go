package fault

import (
	"fmt"
	"io"
)

// String returns the connection's number.
func (c *Conn) String() string { return fmt.Sprintf("connection %d", c.serial) }

// Format writes String for every verb: the messages held back may contain credentials.
func (c *Conn) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String returns the number of connections.
func (f *Injector) String() string { return fmt.Sprintf("faults of %d connections", len(f.conns)) }

// Format writes String for every verb.
func (f *Injector) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }
