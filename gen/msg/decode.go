package msg

import (
	"encoding/binary"
	"math"
)

// Wire types as protobuf numbers them.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireStart   = 3
	wireEnd     = 4
	wireFixed32 = 5
)

// Field numbers that a tag may carry. Inside of an unknown group the reference implementation
// lets numbers pass that it refuses outside; so do we.
const (
	numberMax        = 1<<29 - 1
	numberMaxInGroup = math.MaxInt32
)

// descriptor is what errors need to know of a message.
type descriptor struct {
	name   string
	fields []fieldName // ascending numbers
}

type fieldName struct {
	number uint32
	name   string
}

func (d *descriptor) field(number uint64) (name string, ok bool) {
	for i := len(d.fields) - 1; i >= 0 && uint64(d.fields[i].number) >= number; i-- {
		if uint64(d.fields[i].number) == number {
			return d.fields[i].name, true
		}
	}
	return "", false
}

// fail makes the error for the field whose tag is at start.
func (d *descriptor) fail(start int, tag uint64, err error) error {
	name, _ := d.field(tag >> 3)
	return &DecodeError{Message: d.name, Field: name, Number: int64(tag >> 3), Offset: start, Err: err}
}

// Reasons of a failed read, in place of the next position.
const (
	readTruncated = -1
	readOverflow  = -2
	readLength    = -3
	readNumber    = -4
	readGroup     = -5
	readDepth     = -6
	readWireType  = -7
)

var readErrors = [...]error{
	-readTruncated: ErrTruncated,
	-readOverflow:  ErrOverflow,
	-readLength:    ErrLength,
	-readNumber:    ErrFieldNumber,
	-readGroup:     ErrGroup,
	-readDepth:     ErrDepth,
	-readWireType:  ErrWireType,
}

// failRead makes the error for a failed read of the field whose tag is at start.
func (d *descriptor) failRead(start int, tag uint64, reason int) error {
	return d.fail(start, tag, readErrors[-reason])
}

// varint reads the varint at b[i:]. A varint has at most 10 bytes and 64 bits, but need not be
// the shortest. The next position is negative, a reason, if there is none.
func varint(b []byte, i int) (v uint64, next int) {
	for shift := uint(0); shift < 63; shift += 7 {
		if uint(i) >= uint(len(b)) {
			return 0, readTruncated
		}
		c := b[i]
		i++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, i
		}
	}
	if uint(i) >= uint(len(b)) {
		return 0, readTruncated
	}
	if b[i] > 1 {
		return 0, readOverflow
	}
	return v | uint64(b[i])<<63, i + 1
}

// span reads the length at b[i:] and returns the first position of what it measures and the one
// behind it. end is negative, a reason, if there is none.
func span(b []byte, i int) (from, end int) {
	v, i := varint(b, i)
	if i < 0 {
		return 0, i
	}
	if v > uint64(len(b)-i) {
		return 0, readLength
	}
	return i, i + int(v)
}

// fixed64 reads the 8 bytes at b[i:].
func fixed64(b []byte, i int) (v uint64, next int) {
	if len(b)-i < 8 {
		return 0, readTruncated
	}
	return binary.LittleEndian.Uint64(b[i:]), i + 8
}

// skip passes over a field that the message's schema does not name. tag was read from b[start:]
// and ends before i. A field that is named came with the wrong wire type.
func (d *descriptor) skip(b []byte, start, i int, tag uint64, u *Unknown) (next int, err error) {
	number := tag >> 3
	if number < 1 || number > numberMax {
		return 0, d.failRead(start, tag, readNumber)
	}
	if tag&7 == wireEnd {
		return 0, d.failRead(start, tag, readGroup)
	}
	if _, ok := d.field(number); ok {
		return 0, d.failRead(start, tag, readWireType)
	}
	if i = skipValue(b, i, tag); i < 0 {
		return 0, d.failRead(start, tag, i)
	}
	u.field()
	return i, nil
}

// skipValue passes over the value behind a tag that is not an end of group.
func skipValue(b []byte, i int, tag uint64) int {
	switch tag & 7 {
	case wireVarint:
		_, i = varint(b, i)
		return i
	case wireFixed64:
		if len(b)-i < 8 {
			return readTruncated
		}
		return i + 8
	case wireBytes:
		_, end := span(b, i)
		return end
	case wireStart:
		return skipGroup(b, i, tag>>3)
	case wireFixed32:
		if len(b)-i < 4 {
			return readTruncated
		}
		return i + 4
	default:
		return readWireType
	}
}

// skipGroup passes over a group whose start tag carried number.
func skipGroup(b []byte, i int, number uint64) int {
	var open [GroupDepthMax]uint64
	open[0] = number
	for depth := 1; depth > 0; {
		tag, next := varint(b, i)
		if next < 0 {
			return next
		}
		if tag>>3 < 1 || tag>>3 > numberMaxInGroup {
			return readNumber
		}
		i = next
		switch tag & 7 {
		case wireStart:
			if depth == GroupDepthMax {
				return readDepth
			}
			open[depth] = tag >> 3
			depth++
		case wireEnd:
			depth--
			if open[depth] != tag>>3 {
				return readGroup
			}
		default:
			if i = skipValue(b, i, tag); i < 0 {
				return i
			}
		}
	}
	return i
}

// lastType finds the type that decides about a payload's body: the last one. ok is false if there
// is none or b is not a sequence of fields.
func lastType(b []byte) (typ PayloadType, ok bool) {
	for i := 0; i < len(b); {
		tag, next := varint(b, i)
		if next < 0 || tag>>3 == 0 {
			return 0, false
		}
		if i = next; tag != 1<<3|wireVarint {
			if i = skipValue(b, i, tag); i < 0 {
				return 0, false
			}
			continue
		}
		v, next := varint(b, i)
		if next < 0 {
			return 0, false
		}
		i, typ, ok = next, PayloadType(v), true
	}
	return typ, ok
}
