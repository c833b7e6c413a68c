package fault

import (
	"fmt"
	"io"
)

// String names the line by its number.
func (c *Conn) String() string { return fmt.Sprintf("line %d", c.serial) }

// Format is String for every verb: what a line holds back may have credentials in it.
func (c *Conn) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String says how many lines there are.
func (f *Injector) String() string { return fmt.Sprintf("faults of %d lines", len(f.conns)) }

// Format is String for every verb.
func (f *Injector) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }
