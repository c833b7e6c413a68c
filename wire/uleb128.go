package wire

import "github.com/smk-go/smk/internal/varint"

// headerSize is the number of bytes in the shortest header for a payload of n
// bytes. A negative n panics.
func headerSize(n int) int {
	if n < 0 {
		panic("BUG: wire: header for a negative length")
	}
	return varint.Size(uint64(n))
}

// putHeader writes the shortest header for a payload of n bytes to the front of
// b and returns its size. It panics if b is shorter than headerSize(n) or n is
// negative.
func putHeader(b []byte, n int) int {
	if n < 0 {
		panic("BUG: wire: header for a negative length")
	}
	i := 0
	for ; n >= 0x80; n >>= 7 {
		b[i] = byte(n) | 0x80
		i++
	}
	b[i] = byte(n)
	return i + 1
}

// parseHeader reads the header at the front of b within resolved limits. A size
// of 0 without an error means that b ends before the header does.
//
// The length is judged after every byte, so that a header announcing too much
// is refused at the first byte that proves it, and before the shift can
// overflow: a limit has at most 31 bits, so whatever is set in the tenth group
// (shift 63) or lost from it is beyond every limit.
func parseHeader(b []byte, limits Limits) (size, length int, err *FrameError) {
	var sum uint64
	for i, c := range b {
		group := uint64(c & 0x7f)
		sum |= group << (7 * i)
		if i == HeaderBytesMax-1 && group > 1 {
			sum = ^uint64(0) // more than 64 bits
		}
		if sum > uint64(limits.PayloadBytesMax) {
			return 0, 0, &FrameError{Kind: ErrFrameTooLong, Length: sum, Limit: limits.PayloadBytesMax}
		}
		if c < 0x80 {
			return i + 1, int(sum), nil
		}
		if i == limits.HeaderBytesMax-1 {
			return 0, 0, &FrameError{Kind: ErrHeaderTooLong, Length: sum, Limit: limits.HeaderBytesMax}
		}
	}
	return 0, 0, nil
}

// shortHeader reads a header of one or two bytes, which is nearly every header
// there is, without a branch on limits or lengths. A size of 0 means that the
// header is longer. It inlines.
func shortHeader(b0, b1 byte) (size, length int) {
	if b0 < 0x80 {
		return 1, int(b0)
	}
	if b1 < 0x80 {
		return 2, int(b0)&0x7f | int(b1)<<7
	}
	return 0, 0
}
