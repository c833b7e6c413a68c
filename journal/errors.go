package journal

import (
	"errors"
	"fmt"
)

// What the typed errors of this package wrap beside what the system said.
var (
	ErrDamaged = errors.New("damaged")
	ErrInUse   = errors.New("in use by another writer")
	ErrVersion = errors.New("of another version")
	ErrPayload = errors.New("journal: payload of another kind")
	ErrClosed  = errors.New("journal: closed")
	ErrExists  = errors.New("there is a journal")
	ErrHangs   = errors.New("no room was given back for Config.WaitMax")
	ErrRemoved = errors.New("removed before it was read: Config.KeepBytes and KeepFor keep no more")
)

// ConfigError is a setting of a [Config] that is out of its limits.
type ConfigError struct {
	Field string
	Text  string
}

// Error names the setting and its limits.
func (e *ConfigError) Error() string { return "journal: " + e.Field + ": " + e.Text }

// DamageError is a place of a journal that is not as it was written, and is not the end of a last segment that was
// not written completely; or, with ErrRemoved, a segment that a reader was too slow for.
type DamageError struct {
	Path    string
	Segment uint64
	Offset  int64 // of the record, or of the file's header, that is wrong
	Reason  string
	Err     error // ErrDamaged, ErrVersion or ErrRemoved
}

// Error names the file, the place and what is wrong.
func (e *DamageError) Error() string {
	return fmt.Sprintf("journal: %s at byte %d: %s: %v", e.Path, e.Offset, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *DamageError) Unwrap() error { return e.Err }

// DiskError is a call of the file system that failed.
type DiskError struct {
	Path string
	Op   string        // what was tried
	Then FailurePolicy // Config.OnFailure, where the error is one of Config.Failed
	Err  error         // what the system said, ErrInUse or ErrHangs
}

// Error names the file, what was tried and the cause.
func (e *DiskError) Error() string { return fmt.Sprintf("journal: %s: %s: %v", e.Path, e.Op, e.Err) }

// Unwrap returns the cause.
func (e *DiskError) Unwrap() error { return e.Err }
