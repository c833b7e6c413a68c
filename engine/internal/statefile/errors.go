package statefile

import (
	"errors"
	"fmt"
)

// Why a file is refused. An [Error] wraps one of them, or what the system said.
var (
	ErrDamaged = errors.New("torn or damaged")
	ErrForeign = errors.New("of another account or exchange")
	ErrVersion = errors.New("of another version")
	ErrInUse   = errors.New("in use by another engine")
	ErrFull    = errors.New("too large")
)

// Error is a file that cannot be used, read or written.
type Error struct {
	Path   string
	Offset int64  // of the first byte that is wrong; -1 if it is about none
	Text   string // what was tried, or what is wrong
	Err    error
}

// Error names the file, the place and the cause.
func (e *Error) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("state file %s: %s: %v", e.Path, e.Text, e.Err)
	}
	return fmt.Sprintf("state file %s at byte %d: %s: %v", e.Path, e.Offset, e.Text, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Damaged returns an error about bytes of a file's payload that are not as they should be.
func Damaged(path string, offset int64, text string) *Error {
	return &Error{path, offset, text, ErrDamaged}
}
