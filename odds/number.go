package odds

import "strconv"

// appendFixed appends n, which counts units of 10^-places, as a decimal number
// with at least placesMin and at most places digits behind the point, so that
// nothing is lost and no zero is written without need.
func appendFixed(dst []byte, n uint64, places, placesMin int) []byte {
	scale := powers[places]
	dst = strconv.AppendUint(dst, n/scale, 10)
	rest := n % scale
	shown := places
	for shown > placesMin && rest%10 == 0 {
		rest /= 10
		shown--
	}
	if shown == 0 {
		return dst
	}
	dst = append(dst, '.')
	for shown--; shown >= 0; shown-- {
		dst = append(dst, '0'+byte(rest/powers[shown]%10))
	}
	return dst
}

var powers = [...]uint64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000}

// scanFixed reads digits, and perhaps a point and more digits, from s at i, as a
// number of units of 10^-places that is at most limit. It returns the place
// behind the number, or the place of the fault. Digits that the unit cannot hold
// must be zeros: text is never rounded.
func scanFixed[T ~string | ~[]byte](s T, i, places int, limit uint64) (n uint64, next int, err error) {
	start := i
	n, i, err = scanWhole(s, i, limit)
	if err != nil {
		return 0, i, err
	}
	if i < len(s) && s[i] == '.' {
		if i++; i == len(s) || !isDigit(s[i]) {
			return 0, i, ErrDigit
		}
		for ; i < len(s) && isDigit(s[i]); i++ {
			switch {
			case places > 0:
				var ok bool
				if n, ok = shift(n, s[i], limit); !ok {
					return 0, start, ErrTooLarge
				}
				places--
			case s[i] != '0':
				return 0, i, ErrPlaces
			}
		}
	}
	if n > limit/powers[places] {
		return 0, start, ErrTooLarge
	}
	return n * powers[places], i, nil
}

// scanWhole reads a whole number of at most limit.
func scanWhole[T ~string | ~[]byte](s T, i int, limit uint64) (n uint64, next int, err error) {
	start := i
	for ; i < len(s) && isDigit(s[i]); i++ {
		var ok bool
		if n, ok = shift(n, s[i], limit); !ok {
			return 0, start, ErrTooLarge
		}
	}
	if i == start {
		return 0, i, ErrDigit
	}
	return n, i, nil
}

// shift appends a digit to n, as long as that is at most limit.
func shift(n uint64, digit byte, limit uint64) (uint64, bool) {
	if n > limit/10 {
		return 0, false
	}
	n *= 10
	d := uint64(digit - '0')
	if d > limit-n {
		return 0, false
	}
	return n + d, true
}

// parseFixed reads a text that is nothing but such a number, from i on.
func parseFixed[T ~string | ~[]byte](s T, i, places int, limit uint64) (n uint64, at int, err error) {
	if at, err := checkLength(s); err != nil {
		return 0, at, err
	}
	n, at, err = scanFixed(s, i, places, limit)
	if err == nil && at != len(s) {
		err = ErrTrailing
	}
	return n, at, err
}

func checkLength[T ~string | ~[]byte](s T) (at int, err error) {
	switch {
	case len(s) == 0:
		return 0, ErrEmpty
	case len(s) > TextBytesMax:
		return TextBytesMax, ErrTooLong
	}
	return 0, nil
}

// isDigit knows ASCII digits only.
func isDigit(c byte) bool { return c-'0' <= 9 }

// refuse makes the error of a text. It copies, so that a borrowed text may change.
func refuse[T ~string | ~[]byte](kind string, s T, at int, err error) error {
	n := min(len(s), TextBytesMax)
	text := make([]byte, n)
	for i := range n {
		text[i] = s[i]
	}
	return &ParseError{Kind: kind, Text: string(text), Offset: at, Err: err}
}
