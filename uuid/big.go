package uuid

import (
	"encoding/binary"
	"math/big"
)

// FromBig returns the identifier with this tag and number. It does not judge the
// tag, see [UUID.Valid]. The error is an [*Error]: [ErrRange] for a number that is
// negative or beyond 128 bits, [ErrEmpty] for nil.
func FromBig(tag Tag, number *big.Int) (UUID, error) {
	switch {
	case number == nil:
		return UUID{}, &Error{Form: formBig, Err: ErrEmpty}
	case number.Sign() < 0 || number.BitLen() > 128:
		return UUID{}, &Error{Form: formBig, Err: ErrRange}
	}
	var b [16]byte
	number.FillBytes(b[:])
	return New128(tag, binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])), nil
}

// Big returns the number as a new integer.
func (u UUID) Big() *big.Int {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], u.high)
	binary.BigEndian.PutUint64(b[8:], u.low)
	return new(big.Int).SetBytes(b[:])
}
