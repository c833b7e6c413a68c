package uuid

import "cmp"

// UUID is a tagged identifier: a number of 128 bits and a tag. It is a value:
// equal identifiers are ==, and it may be a map's key. The zero UUID is no
// identifier.
type UUID struct {
	high, low uint64 // of the number
	tag       Tag
}

// New returns the identifier with this tag and number. It does not judge the
// tag, see [UUID.Valid].
func New(tag Tag, number uint64) UUID { return UUID{low: number, tag: tag} }

// New128 returns the identifier with this tag and the number high * 2^64 + low.
// It does not judge the tag, see [UUID.Valid].
func New128(tag Tag, high, low uint64) UUID { return UUID{high: high, low: low, tag: tag} }

// Tag returns what the number identifies.
func (u UUID) Tag() Tag { return u.tag }

// High returns the upper 64 bits of the number.
func (u UUID) High() uint64 { return u.high }

// Low returns the lower 64 bits of the number.
func (u UUID) Low() uint64 { return u.low }

// Uint64 returns the number. It reports false, and no number, if it needs more than
// 64 bits.
func (u UUID) Uint64() (number uint64, ok bool) {
	if u.high != 0 {
		return 0, false
	}
	return u.low, true
}

// IsZero reports whether u is the zero UUID, which is no identifier.
func (u UUID) IsZero() bool { return u == UUID{} }

// Valid reports whether the tag is known. Everything that was read by this
// package without an error is valid. What is not has the prefix '?', marshals
// to an error, and no parser reads what the Append methods write of it.
func (u UUID) Valid() bool { return u.tag.Valid() }

// Compare orders by number, then by tag: as the binary form, hex of equal
// length and slugs of equal length in one base up to 36 are ordered. It returns -1, 0 or +1.
func (u UUID) Compare(v UUID) int {
	return cmp.Or(cmp.Compare(u.high, v.high), cmp.Compare(u.low, v.low), cmp.Compare(u.tag, v.tag))
}
