package uuid

// What follows says why the parsers refused a text. It goes digit by digit, so
// that the parsers need not.

func refuseSlug[T ~string | ~[]byte](slug T, base int) error {
	e := &Error{Form: formSlug}
	if base < BaseMin || base > BaseMax {
		e.Base = base
		return e.at(ErrBase, 0)
	}
	start := 0
	if len(slug) >= prefixBytes && slug[1] == '-' {
		start = prefixBytes
	}
	w, ok := retrace(e, &radixes[base], slug, start, tagBits)
	if !ok {
		return e
	}
	e.Tag = w.uuid().tag
	letter := e.Tag.letter()
	if letter == 0 {
		return e.at(ErrTag, start)
	}
	if start == 0 || samePrefix(slug[0], letter, base) {
		panic("BUG: uuid: refused a good slug")
	}
	e.Byte = slug[0]
	return e.at(ErrPrefix, 0)
}

func refuseHex[T ~string | ~[]byte](hex T) error {
	e := &Error{Form: formHex}
	w, ok := retrace(e, &radixes[16], hex, 0, tagBits)
	if !ok {
		return e
	}
	start := len(hex) - tagDigits
	if start < 1 {
		return e.at(ErrTooShort, len(hex))
	}
	for i := start; i < len(hex); i++ {
		if hex[i] >= 'A' && hex[i] <= 'F' {
			e.Byte = hex[i]
			return e.at(ErrCase, i)
		}
	}
	e.Tag = w.uuid().tag
	if e.Tag.Valid() {
		panic("BUG: uuid: refused good hex")
	}
	return e.at(ErrTag, start)
}

func refuseShortHex[T ~string | ~[]byte](tag Tag, hex T) error {
	e := &Error{Form: formShortHex}
	if !tag.Valid() {
		e.Tag = tag
		return e.at(ErrTag, 0)
	}
	if _, ok := retrace(e, &radixes[16], hex, 0, 0); ok {
		panic("BUG: uuid: refused good short hex")
	}
	return e
}

// retrace returns the number of the digits that begin at start, or completes e
// and reports false. They may have 128 bits and extra.
func retrace[T ~string | ~[]byte](e *Error, r *radix, text T, start, extra int) (w wide, ok bool) {
	switch {
	case len(text) > TextBytesMax:
		e.Err, e.Pos = ErrTooLong, TextBytesMax
		return w, false
	case len(text) == start:
		e.Err, e.Pos = ErrEmpty, start
		return w, false
	}
	for i := start; i < len(text); i++ {
		v := uint64(r.values[text[i]])
		if v == noDigit {
			e.Err, e.Pos, e.Byte, e.Base = ErrDigit, i, text[i], int(r.base)
			return w, false
		}
		if w = w.mulAdd(r.base, v); w.top>>extra != 0 {
			e.Err, e.Pos = ErrTooLong, i
			return w, false
		}
	}
	return w, true
}
