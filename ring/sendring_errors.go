package ring

import (
	"errors"
	"strconv"
)

// ErrFull is what every [*FullError] is, by errors.Is.
var ErrFull = errors.New("ring: full")

// ErrTooLarge is what every [*TooLargeError] is, by errors.Is.
var ErrTooLarge = errors.New("ring: frame larger than the ring")

// FullError says that a frame has no room because of frames that are not sent
// yet. It belongs to its ring and is valid until the ring's next Reserve: copy
// it to keep it.
type FullError struct {
	Need    int // bytes asked for
	Free    int // the most contiguous bytes to be had
	Unsent  int // bytes that the socket has yet to take
	Waiting int // kept frames that are not completely written
	Records int // the most there may be; Waiting == Records is a reason by itself
}

// Error states all numbers.
func (e *FullError) Error() string {
	return "ring: full: need " + strconv.Itoa(e.Need) + " bytes, free " + strconv.Itoa(e.Free) +
		", unsent " + strconv.Itoa(e.Unsent) + " in " + strconv.Itoa(e.Waiting) +
		" of " + strconv.Itoa(e.Records) + " records"
}

// Is reports whether target is ErrFull.
func (e *FullError) Is(target error) bool { return target == ErrFull }

// TooLargeError says that a frame can never have room. It belongs to its ring
// and is valid until the ring's next Reserve: copy it to keep it.
type TooLargeError struct {
	Need  int // bytes asked for
	Limit int // bytes of the whole ring
}

// Error states both numbers.
func (e *TooLargeError) Error() string {
	return "ring: frame of " + strconv.Itoa(e.Need) + " bytes, the ring has " + strconv.Itoa(e.Limit)
}

// Is reports whether target is ErrTooLarge.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }
