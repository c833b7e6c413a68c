package fault

import (
	"fmt"
	"io"
)

// String names the line by its number.
func (l *Line) String() string { return fmt.Sprintf("line %d", l.serial) }

// Format is String for every verb: what a line holds back may have credentials in it.
func (l *Line) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.String()) }

// String says how many lines there are.
func (f *Faults) String() string { return fmt.Sprintf("faults of %d lines", len(f.lines)) }

// Format is String for every verb.
func (f *Faults) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }
