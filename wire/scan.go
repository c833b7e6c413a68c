package wire

import (
	"errors"
	"fmt"
	"slices"
)

var (
	// ErrFrameTooLong means that a header announces, or a sender asks for, a
	// payload beyond the limit.
	ErrFrameTooLong = errors.New("frame too long")

	// ErrHeaderTooLong means that a header goes on beyond the limit.
	ErrHeaderTooLong = errors.New("frame header too long")
)

// FrameError reports a frame that breaks a limit. Inbound it ends the
// connection: where the next frame starts can no longer be known.
type FrameError struct {
	// Kind is ErrFrameTooLong or ErrHeaderTooLong; errors.Is finds it.
	Kind error

	// Offset is where the frame's first byte lies, counted from the first byte
	// of the stream (from the front of the block for [Scan], 0 for outgoing
	// frames).
	Offset int64

	// Length is the payload's length in bytes as far as the header was read,
	// at most 2^64-1. A header that goes on would only add to it.
	Length uint64

	// Limit is the limit that was broken, in bytes: of the payload for
	// ErrFrameTooLong, of the header for ErrHeaderTooLong.
	Limit int
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("wire: %v: length %d, limit %d bytes, at offset %d of the stream",
		e.Kind, e.Length, e.Limit, e.Offset)
}

// Unwrap returns Kind.
func (e *FrameError) Unwrap() error { return e.Kind }

// Scan cuts one frame from the front of block. It returns the payload and the
// number of bytes that the frame takes, padding included.
//
// With n == 0 and no error the frame is incomplete: keep the bytes and call
// again with more behind them. Less than FrameBytesMin bytes are always
// incomplete. A whole frame without a payload gives n == FrameBytesMin and an
// empty payload. The content of padding is not looked at.
//
// The payload aliases block and is capped, so that an append to it copies. It is
// valid as long as block is.
//
// The error is a *[FrameError], or a *[LimitError] if limits is out of range.
func Scan(block []byte, limits Limits) (payload []byte, n int, err error) {
	if len(block) >= FrameBytesMin {
		size, length := shortHeader(block[0], block[1])
		n = size + length
		if length <= limits.PayloadBytesMax && n >= FrameBytesMin && n <= len(block) {
			return block[size:n:n], n, nil
		}
	}
	return scanRare(block, limits)
}

// scanRare is Scan for limits left at zero and for frames that are incomplete,
// padded, refused or longer than two header bytes can say.
func scanRare(block []byte, limits Limits) (payload []byte, n int, err error) {
	limits, err = limits.Resolve()
	if err != nil {
		return nil, 0, err
	}
	payload, n, frameErr := scan(block, limits)
	if frameErr != nil {
		return nil, 0, frameErr
	}
	return slices.Clip(payload), n, nil
}

// scan is Scan without a fast path, within resolved limits. The payload is not
// capped.
func scan(block []byte, limits Limits) (payload []byte, n int, err *FrameError) {
	if len(block) < FrameBytesMin {
		return nil, 0, nil
	}
	size, length, err := parseHeader(block, limits)
	if err != nil || size == 0 {
		return nil, 0, err
	}
	n = max(size+length, FrameBytesMin)
	if n > len(block) {
		return nil, 0, nil
	}
	return block[size : size+length], n, nil
}
