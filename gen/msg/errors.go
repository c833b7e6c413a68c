package msg

import (
	"errors"
	"fmt"
)

// What a decode or an encode can fail with. They are wrapped in a [*DecodeError] or an
// [*EncodeError], which say where.
var (
	ErrTruncated   = errors.New("input ends inside a field")
	ErrLength      = errors.New("length is beyond the input")
	ErrOverflow    = errors.New("varint does not fit 64 bits")
	ErrWireType    = errors.New("wrong wire type")
	ErrFieldNumber = errors.New("field number is out of range")
	ErrGroup       = errors.New("group is not balanced")
	ErrDepth       = errors.New("groups are nested too deeply")
	ErrTooMany     = errors.New("repeated field has too many elements")
	ErrRequired    = errors.New("required field is not set")
)

// ErrAbsent is what a typed getter returns for a field that is absent: an absent price is not 0, and an
// absent side is not SideBuy.
var ErrAbsent = errors.New("msg: field is absent")

// A DecodeError says why bytes are not a message and where. It holds nothing of the bytes.
type DecodeError struct {
	Message string // full protobuf name of the message being read
	Field   string // field of that message, or "" for a field the schema does not know
	Number  int64  // number of the field, 0 if the tag itself could not be read
	Offset  int    // of the field's tag, from the start of the outermost message
	Err     error  // one of the sentinels of this package
}

func (e *DecodeError) Error() string {
	field := e.Field
	if field == "" {
		field = fmt.Sprintf("field %d", e.Number)
	}
	return fmt.Sprintf("msg: decode %s.%s at offset %d: %v", e.Message, field, e.Offset, e.Err)
}

// Unwrap returns the sentinel.
func (e *DecodeError) Unwrap() error { return e.Err }

// An EncodeError says which field keeps a message from being encoded.
type EncodeError struct {
	Message string // full protobuf name
	Field   string
	Err     error // ErrRequired
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("msg: encode %s.%s: %v", e.Message, e.Field, e.Err)
}

// Unwrap returns the sentinel.
func (e *EncodeError) Unwrap() error { return e.Err }
