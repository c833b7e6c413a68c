package lease

import (
	"errors"
	"fmt"
	"time"
)

// Why a lease ended.
var (
	ErrExpired  = errors.New("lease: not renewed in time")
	ErrLost     = errors.New("lease: another has it, or its key was removed")
	ErrReleased = errors.New("lease: released")
	ErrClosed   = errors.New("lease: contender is closed")
)

// ConfigError is a setting that is out of its limits.
type ConfigError struct {
	Field string
	Text  string
}

// Error names the setting and its limits.
func (e *ConfigError) Error() string { return "lease: Config." + e.Field + ": " + e.Text }

// BucketError says that a bucket of the lease's name is there and is not as it has to be. It is left as it is.
type BucketError struct {
	Bucket string
	Reason string
	TTL    time.Duration // of the bucket
}

// Error names the bucket and what is wrong.
func (e *BucketError) Error() string {
	return fmt.Sprintf("lease: bucket %s: %s (its TTL is %v)", e.Bucket, e.Reason, e.TTL)
}

// TermError says that the bucket's revisions have become too large for references; a bucket of another name begins
// anew, with an engine.StateConfig.File that begins anew, too.
type TermError struct{ Revision uint64 }

// Error names the revision.
func (e *TermError) Error() string {
	return fmt.Sprintf("lease: revision %d is too large for the term of references", e.Revision)
}
