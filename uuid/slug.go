package uuid

import "slices"

// SlugFormat says how a slug is written. The zero value is the slug that people
// see: base 36, with its prefix, as short as it gets.
type SlugFormat struct {
	Base int  // of the digits, BaseMin to BaseMax; 0 means BaseDefault
	Pad  int  // digits at least, filled up with zeros, up to PadMax; the prefix does not count
	Bare bool // without the prefix
}

// AppendSlug appends the slug to dst and returns the longer slice. It panics if
// the base or the padding lies outside its limits.
func (u UUID) AppendSlug(dst []byte, f SlugFormat) []byte {
	base := f.Base
	if base == 0 {
		base = BaseDefault
	}
	if base < BaseMin || base > BaseMax {
		bug("no slugs in base", base)
	}
	var prefix byte
	if !f.Bare {
		prefix = u.tag.Prefix()
	}
	w := u.wide()
	if base == 16 {
		n := hexCount(u.high, u.low) + tagDigits
		if u.high|u.low == 0 {
			n = max(hexCount(0, uint64(u.tag)), 1)
		}
		return appendHex(dst, w, n, prefix, f.Pad)
	}
	r := &radixes[base]
	high, mid, low := r.split(w)
	if base == 36 {
		return append36(dst, high, mid, low, prefix, f.Pad)
	}

	lead, full := high, 2*r.chunk
	if high == 0 {
		lead, full = mid, r.chunk
		if mid == 0 {
			lead, full = low, 0
		}
	}
	n := r.count(lead)
	dst, out := grow(dst, n+full, prefix, f.Pad)
	r.put(out[:n], lead)
	out = out[n:]
	if high != 0 {
		r.put(out[:r.chunk], mid)
		out = out[r.chunk:]
	}
	if full != 0 {
		r.put(out, low)
	}
	return dst
}

// Slug returns the slug. It panics if the base or the padding lies outside its
// limits.
func (u UUID) Slug(f SlugFormat) string {
	var buf [stackBytes]byte
	return string(u.AppendSlug(buf[:0], f))
}

// String returns the slug that people see: "e-3wk5c".
func (u UUID) String() string { return u.Slug(SlugFormat{}) }

// ParseSlug returns the identifier of a slug in base 36, with its prefix or
// without, of any padding. The error is an [*Error].
func ParseSlug[T ~string | ~[]byte](slug T) (UUID, error) { return ParseSlugBase(slug, BaseDefault) }

// ParseSlugBase returns the identifier of a slug in that base, with its prefix
// or without, of any padding. Above base 36 the case of letters matters. The
// error is an [*Error].
func ParseSlugBase[T ~string | ~[]byte](slug T, base int) (UUID, error) {
	if base < BaseMin || base > BaseMax || len(slug) > TextBytesMax {
		return UUID{}, refuseSlug(slug, base)
	}
	digits := slug
	prefixed := len(slug) >= prefixBytes && slug[1] == '-'
	if prefixed {
		digits = slug[prefixBytes:]
	}
	w, ok := read(&radixes[base], digits)
	u := w.uuid()
	if letter := u.tag.letter(); ok && letter != 0 && (!prefixed || samePrefix(slug[0], letter, base)) {
		return u, nil
	}
	return UUID{}, refuseSlug(slug, base)
}

// samePrefix reports whether a slug in that base may say prefix for letter.
func samePrefix(prefix, letter byte, base int) bool {
	const lower = 'a' - 'A'
	return prefix == letter || base <= caselessBaseMax && prefix == letter-lower
}

// grow appends the prefix, if there is one, the zeros that pad n digits, and room
// for these. It returns the longer slice, and the room.
func grow(dst []byte, n int, prefix byte, pad int) (longer, digits []byte) {
	size := n
	if prefix != 0 {
		size += prefixBytes
	}
	if pad > n {
		if pad > PadMax {
			bug("no padding to", pad)
		}
		size += pad - n
	}
	start := len(dst)
	if cap(dst)-start < size {
		dst = slices.Grow(dst, size)
	}
	dst = dst[:start+size]
	digits = dst[start:]
	if prefix != 0 {
		_ = digits[1]
		digits[0], digits[1] = prefix, '-'
		digits = digits[prefixBytes:]
	}
	for ; pad > n; pad-- {
		digits[0] = '0'
		digits = digits[1:]
	}
	return dst, digits
}
