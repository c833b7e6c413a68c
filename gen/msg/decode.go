package msg

import (
	"encoding/binary"

	"github.com/smk-go/smk/internal/varint"
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

// readErrors are the errors of a failed read, by its code.
var readErrors = [...]error{
	-varint.Truncated: ErrTruncated,
	-varint.Overflow:  ErrOverflow,
	-varint.Length:    ErrLength,
	-varint.Number:    ErrFieldNumber,
	-varint.Group:     ErrGroup,
	-varint.Depth:     ErrDepth,
	-varint.WireType:  ErrWireType,
}

// failRead makes the error for a failed read of the field whose tag is at start.
func (d *descriptor) failRead(start int, tag uint64, code int) error {
	return d.fail(start, tag, readErrors[-code])
}

// fixed64 reads the 8 bytes at b[i:].
func fixed64(b []byte, i int) (v uint64, next int) {
	if len(b)-i < 8 {
		return 0, varint.Truncated
	}
	return binary.LittleEndian.Uint64(b[i:]), i + 8
}

// skip passes over a field that the message's schema does not name. tag was read from b[start:]
// and ends before i. A field that is named came with the wrong wire type.
func (d *descriptor) skip(b []byte, start, i int, tag uint64, u *Unknown) (next int, err error) {
	number := tag >> 3
	if number < 1 || number > varint.NumberMax {
		return 0, d.failRead(start, tag, varint.Number)
	}
	if tag&7 == varint.TypeEndGroup {
		return 0, d.failRead(start, tag, varint.Group)
	}
	if _, ok := d.field(number); ok {
		return 0, d.failRead(start, tag, varint.WireType)
	}
	if i = varint.Skip(b, i, tag); i < 0 {
		return 0, d.failRead(start, tag, i)
	}
	u.field()
	return i, nil
}

// lastType finds the type that decides about a payload's body: the last one. ok is false if there
// is none or b is not a sequence of fields.
func lastType(b []byte) (typ PayloadType, ok bool) {
	for i := 0; i < len(b); {
		tag, next := varint.Read(b, i)
		if next < 0 || tag>>3 == 0 {
			return 0, false
		}
		if i = next; tag != 1<<3|varint.TypeVarint {
			if i = varint.Skip(b, i, tag); i < 0 {
				return 0, false
			}
			continue
		}
		v, next := varint.Read(b, i)
		if next < 0 {
			return 0, false
		}
		i, typ, ok = next, PayloadType(v), true
	}
	return typ, ok
}
