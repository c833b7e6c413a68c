package uuid

import "math/bits"

// alphabet are the digits of all bases.
const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// letters is the alphabet, long enough that six bits index it unchecked.
var letters = func() (table [64]byte) {
	copy(table[:], alphabet)
	return table
}()

// noDigit is the value of a byte that is no digit. No digit has its bit.
const noDigit = 0x80

// put writes c in len(dst) digits: one chunk at most, and no fewer than c
// has.
func (r *radix) put(dst []byte, c uint64) {
	if len(dst) <= r.half {
		r.putHalf(dst, c)
		return
	}
	q, _ := bits.Mul64(c, r.halfInverse) // c / halfPower, or one less
	rem := c - q*r.halfPower
	_, under := bits.Sub64(rem, r.halfPower, 0)
	q += 1 - under
	rem -= r.halfPower & (under - 1)

	upper := dst[:len(dst)-r.half]
	lower := dst[len(dst)-r.half:]
	if len(upper) != len(lower) {
		r.putHalf(upper, q)
		r.putHalf(lower, rem)
		return
	}
	// Two independent rows of multiplications take the time of one.
	f, g, base := q*r.fraction[r.half], rem*r.fraction[r.half], r.base
	for i := range upper {
		var a, b uint64
		a, f = bits.Mul64(f, base)
		b, g = bits.Mul64(g, base)
		upper[i] = letters[a&63]
		lower[i] = letters[b&63]
	}
}

// putHalf writes c in len(dst) digits: half a chunk at most, and no fewer than c
// has.
//
// With n digits, c * fraction is 2^64 * c / base^n, too large by less than base^n,
// and so by less than 2^64 / base^n: every digit is right.
func (r *radix) putHalf(dst []byte, c uint64) {
	f, base := c*r.fraction[len(dst)], r.base
	for i := range dst {
		var digit uint64
		digit, f = bits.Mul64(f, base)
		dst[i] = letters[digit&63]
	}
}

// group is how many digits are read at a time. Their power fits a word in every
// base.
const group = 8

// read returns what the digits say, and whether all of them are digits of the base
// and their number fits 144 bits.
func read[T ~string | ~[]byte](r *radix, digits T) (w wide, ok bool) {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	if len(digits) > r.most {
		return wide{}, false
	}
	values := &r.values
	base, base2, base4, base8 := r.base, r.powers[2], r.powers[4], r.powers[group]
	lead := len(digits) % group
	var seen uint64
	for i := range lead {
		v := uint64(values[digits[i]])
		seen |= v
		w.low = w.low*base + v
	}
	for digits = digits[lead:]; len(digits) >= group; digits = digits[group:] {
		v0, v1, v2, v3 := uint64(values[digits[0]]), uint64(values[digits[1]]), uint64(values[digits[2]]),
			uint64(values[digits[3]])
		v4, v5, v6, v7 := uint64(values[digits[4]]), uint64(values[digits[5]]), uint64(values[digits[6]]),
			uint64(values[digits[7]])
		seen |= v0 | v1 | v2 | v3 | v4 | v5 | v6 | v7
		upper := (v0*base+v1)*base2 + v2*base + v3
		lower := (v4*base+v5)*base2 + v6*base + v7
		w = w.mulAdd(base8, upper*base4+lower)
	}
	return w, seen < noDigit && w.fits()
}
