package smknats

import (
	"errors"
	"fmt"
)

// What the typed errors of this package wrap.
var (
	ErrSecondWriter = errors.New("another publisher writes to the stream")
	ErrMismatch     = errors.New("stream and journal are not of each other")
	ErrGap          = errors.New("something is missing")
	ErrMessage      = errors.New("message is not understood")
	ErrLimit        = errors.New("more than there is room for")
)

// SecondWriterError says that another publisher has written to a stream since this one read its end. This one has
// stopped for good: nothing of it follows on the other's.
type SecondWriterError struct {
	Stream    string
	Sequence  uint64 // of the other's message
	Publisher string // the other's
}

// Error names the stream and the other publisher.
func (e *SecondWriterError) Error() string {
	return fmt.Sprintf("smknats: %s: message %d is of publisher %s: %v", e.Stream, e.Sequence, e.Publisher,
		ErrSecondWriter)
}

// Unwrap returns ErrSecondWriter.
func (e *SecondWriterError) Unwrap() error { return ErrSecondWriter }

// MismatchError says that a stream has another journal than the one in a folder, or one that went on differently.
type MismatchError struct {
	Stream  string
	Dir     string
	Segment uint64
	Offset  int64
	Reason  string
}

// Error names the stream, the folder, the place and what is wrong there.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("smknats: %s and %s, segment %d, offset %d: %s", e.Stream, e.Dir, e.Segment, e.Offset, e.Reason)
}

// Unwrap returns ErrMismatch.
func (e *MismatchError) Unwrap() error { return ErrMismatch }

// GapError says that blocks are missing between two places of a journal: in a stream, or in a journal whose oldest
// segments were removed before they were published.
type GapError struct {
	Where   string // stream or folder
	Segment uint64 // and Offset: where the missing blocks begin
	Offset  int64
	Next    uint64 // segment that there is next; 0 if nothing follows
}

// Error names the place.
func (e *GapError) Error() string {
	if e.Next == 0 {
		return fmt.Sprintf("smknats: %s: what follows segment %d, offset %d, is missing; nothing follows",
			e.Where, e.Segment, e.Offset)
	}
	return fmt.Sprintf("smknats: %s: what follows segment %d, offset %d, is missing; next is segment %d",
		e.Where, e.Segment, e.Offset, e.Next)
}

// Unwrap returns ErrGap.
func (e *GapError) Unwrap() error { return ErrGap }

// MessageError says what of a message is not as this package writes it.
type MessageError struct {
	Subject  string
	Sequence uint64 // in its stream; 0 if it is of none
	Reason   string
}

// Error names the message.
func (e *MessageError) Error() string {
	return fmt.Sprintf("smknats: %s, message %d: %s", e.Subject, e.Sequence, e.Reason)
}

// Unwrap returns ErrMessage.
func (e *MessageError) Unwrap() error { return ErrMessage }

// LimitError says that a stream, or a message of one, has more than is kept of it. What was kept before stays.
type LimitError struct {
	Subject  string // or the stream's name
	Sequence uint64 // of the message in its stream; 0 if it is about the stream
	What     string // such as "orders"
	Limit    int
}

// Error names the message, what is too much and the limit.
func (e *LimitError) Error() string {
	at := e.Subject
	if e.Sequence != 0 {
		at = fmt.Sprintf("%s, message %d", at, e.Sequence)
	}
	return fmt.Sprintf("smknats: %s: %v: %d %s", at, ErrLimit, e.Limit, e.What)
}

// Unwrap returns ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }

// ConfigError is a setting that is out of its limits.
type ConfigError struct {
	Field string
	Text  string
}

// Error names the setting and its limits.
func (e *ConfigError) Error() string { return "smknats: Config." + e.Field + ": " + e.Text }
