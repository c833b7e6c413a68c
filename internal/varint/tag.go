package varint

import "math"

// Wire types, the lowest three bits of a tag. The others are the number of the field.
const (
	TypeVarint     = 0
	TypeFixed64    = 1
	TypeBytes      = 2
	TypeStartGroup = 3
	TypeEndGroup   = 4
	TypeFixed32    = 5
)

// The largest field numbers. Inside of a group that is skipped the reference implementation takes
// numbers that it refuses outside, and so do we.
const (
	NumberMax        = 1<<29 - 1
	NumberMaxInGroup = math.MaxInt32
)

// GroupDepthMax is how deep the groups of an unknown field may be nested, itself included.
const GroupDepthMax = 64

// Skip passes over the value at b[i:] whose tag, which is not an end of group, lies before it, and
// returns what follows. The result is negative, a code, if there is no such value.
func Skip(b []byte, i int, tag uint64) (next int) {
	switch tag & 7 {
	case TypeVarint:
		_, i = Read(b, i)
		return i
	case TypeFixed64:
		if len(b)-i < 8 {
			return Truncated
		}
		return i + 8
	case TypeBytes:
		_, end := ReadSpan(b, i)
		return end
	case TypeStartGroup:
		return skipGroup(b, i, tag>>3)
	case TypeFixed32:
		if len(b)-i < 4 {
			return Truncated
		}
		return i + 4
	default:
		return WireType
	}
}

// skipGroup passes over a group whose start tag has this number. The nesting is kept in an array, so
// that the input cannot make it recurse.
func skipGroup(b []byte, i int, number uint64) int {
	var open [GroupDepthMax]uint64
	open[0] = number
	for depth := 1; depth > 0; {
		tag, next := Read(b, i)
		if next < 0 {
			return next
		}
		if tag>>3 < 1 || tag>>3 > NumberMaxInGroup {
			return Number
		}
		i = next
		switch tag & 7 {
		case TypeStartGroup:
			if depth == GroupDepthMax {
				return Depth
			}
			open[depth] = tag >> 3
			depth++
		case TypeEndGroup:
			depth--
			if open[depth] != tag>>3 {
				return Group
			}
		default:
			if i = Skip(b, i, tag); i < 0 {
				return i
			}
		}
	}
	return i
}
