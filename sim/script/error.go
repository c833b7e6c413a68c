package script

import "fmt"

// Error reports what is wrong with a file, and where. It never quotes a credential.
type Error struct {
	File string // as it was passed to the parser
	Line int    // from 1
	Text string
}

// Error returns "FILE:LINE: TEXT".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }
