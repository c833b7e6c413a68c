package envelope

import (
	"errors"
	"fmt"
)

// Kinds of [Error].
var (
	// ErrTruncated means that a value extends beyond the end of its message.
	ErrTruncated = errors.New("truncated")

	// ErrVarint means a varint of more than 64 bits.
	ErrVarint = errors.New("varint beyond 64 bits")

	// ErrFieldNumber means a field number of 0 or beyond the maximum.
	ErrFieldNumber = errors.New("bad field number")

	// ErrWireType means a reserved wire type, or one that differs from the schema in a
	// field that Parse reads.
	ErrWireType = errors.New("bad wire type")

	// ErrEndGroup means an end of group that does not match the innermost open group.
	ErrEndGroup = errors.New("unmatched end of group")

	// ErrGroupDepth means groups nested more than 64 deep. The protocol uses no groups.
	ErrGroupDepth = errors.New("groups nested too deep")
)

// Error reports a payload whose envelope cannot be read. It ends the connection: the
// sequence of the message is unknown, and so are those that follow.
type Error struct {
	Kind   error // one of the sentinels above; errors.Is finds it
	Offset int   // where the bad field or value starts, in bytes from the start of the payload
}

func (e *Error) Error() string {
	return fmt.Sprintf("envelope: %v at offset %d of the payload", e.Kind, e.Offset)
}

// Unwrap returns Kind.
func (e *Error) Unwrap() error { return e.Kind }
