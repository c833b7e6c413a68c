package uuid

import "encoding/binary"

// AppendBinary appends [BinaryBytes] bytes: the number and then the tag, big endian.
// The error is an [*Error], for a UUID that is not valid.
func (u UUID) AppendBinary(dst []byte) ([]byte, error) {
	if err := u.check(formBinary); err != nil {
		return dst, err
	}
	var b [BinaryBytes]byte
	binary.BigEndian.PutUint64(b[:], u.high)
	binary.BigEndian.PutUint64(b[8:], u.low)
	binary.BigEndian.PutUint16(b[16:], uint16(u.tag))
	return append(dst, b[:]...), nil
}

// MarshalBinary returns [BinaryBytes] bytes: the number and then the tag, big
// endian. The error is an [*Error], for a UUID that is not valid.
func (u UUID) MarshalBinary() ([]byte, error) { return u.AppendBinary(nil) }

// UnmarshalBinary sets u from exactly [BinaryBytes] bytes. After an error, which is
// an [*Error], u is as it was.
func (u *UUID) UnmarshalBinary(data []byte) error {
	switch {
	case len(data) == 0:
		return &Error{Form: formBinary, Err: ErrEmpty}
	case len(data) < BinaryBytes:
		return &Error{Form: formBinary, Err: ErrTooShort, Pos: len(data)}
	case len(data) > BinaryBytes:
		return &Error{Form: formBinary, Err: ErrTooLong, Pos: BinaryBytes}
	}
	tag := Tag(binary.BigEndian.Uint16(data[16:]))
	if !tag.Valid() {
		return &Error{Form: formBinary, Err: ErrTag, Pos: 16, Tag: tag}
	}
	*u = New128(tag, binary.BigEndian.Uint64(data), binary.BigEndian.Uint64(data[8:]))
	return nil
}
