package varint

import "math/bits"

// BytesMax is the length of the longest varint: 64 bits in groups of seven.
const BytesMax = 10

// Codes of a failed read, in place of the next position.
const (
	Truncated = -1 // the input ends inside of a value
	Overflow  = -2 // a varint of more than 64 bits
	Length    = -3 // a length beyond the end of the input
	Number    = -4 // a field number of 0 or beyond the maximum
	Group     = -5 // an end of group that does not match the innermost start
	Depth     = -6 // more nested groups than GroupDepthMax
	WireType  = -7 // a wire type that protobuf does not have
)

// Size returns the number of bytes of v as a varint.
func Size(v uint64) int { return (bits.Len64(v|1)*9 + 64) / 64 }

// Read reads the varint at b[i:]. It has at most BytesMax bytes and 64 bits, but need not be the
// shortest. next is negative, Truncated or Overflow, if there is none.
func Read(b []byte, i int) (v uint64, next int) {
	for shift := uint(0); shift < 63; shift += 7 {
		if uint(i) >= uint(len(b)) {
			return 0, Truncated
		}
		c := b[i]
		i++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, i
		}
	}
	if uint(i) >= uint(len(b)) {
		return 0, Truncated
	}
	if b[i] > 1 {
		return 0, Overflow
	}
	return v | uint64(b[i])<<63, i + 1
}

// ReadSpan reads the length at b[i:] and returns where the bytes that it counts begin and end. end is
// negative, a code, if there is no such length or the input is shorter.
func ReadSpan(b []byte, i int) (from, end int) {
	v, i := Read(b, i)
	if i < 0 {
		return 0, i
	}
	if v > uint64(len(b)-i) {
		return 0, Length
	}
	return i, i + int(v)
}

// PutBefore writes v so that it ends before b[i] and returns where it starts.
func PutBefore(b []byte, i int, v uint64) int {
	if v < 0x80 {
		i--
		b[i] = byte(v)
		return i
	}
	i -= Size(v)
	at := i
	for v >= 0x80 {
		b[at] = byte(v) | 0x80
		v >>= 7
		at++
	}
	b[at] = byte(v)
	return i
}
