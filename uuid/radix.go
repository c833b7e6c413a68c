package uuid

import "math/bits"

// wide is number * 2^16 + tag, which is what a slug writes: 144 bits, 16 of them
// in the top word.
type wide struct{ top, mid, low uint64 }

func (u UUID) wide() wide {
	return wide{
		top: u.high >> (64 - tagBits),
		mid: u.high<<tagBits | u.low>>(64-tagBits),
		low: u.low<<tagBits | uint64(u.tag),
	}
}

func (w wide) uuid() UUID {
	return UUID{
		high: w.top<<(64-tagBits) | w.mid>>tagBits,
		low:  w.mid<<(64-tagBits) | w.low>>tagBits,
		tag:  Tag(w.low),
	}
}

// fits reports whether w has no more than 144 bits.
func (w wide) fits() bool { return w.top>>tagBits == 0 }

// mulAdd returns w*f + a. The caller knows that it fits three words.
func (w wide) mulAdd(f, a uint64) wide {
	over, low := bits.Mul64(w.low, f)
	low, carry := bits.Add64(low, a, 0)
	over += carry
	top, mid := bits.Mul64(w.mid, f)
	mid, carry = bits.Add64(mid, over, 0)
	return wide{top: top + w.top*f + carry, mid: mid, low: low}
}

const (
	// chunkDigitsMax is how many digits a chunk has in base 2.
	chunkDigitsMax = 62
	halfDigitsMax  = chunkDigitsMax / 2

	// estimateBits are how many bits the factor that estimates the first chunk
	// has more than it needs; they keep the estimate within one.
	estimateBits = 16
)

// radix holds what one base needs. It is never written after start.
//
// Three chunks of digits hold 144 bits in every base. A chunk is the largest even
// power of the base below 2^63: even, because its digits are written by
// halves, each below 2^32, which is small enough that 64 bits hold its fraction of
// the half's power exactly enough for all digits to come out by
// multiplication; and below 2^63, so that twice its square fits two words.
type radix struct {
	base  uint64
	chunk int // digits
	half  int // digits
	most  int // digits of 2^144 - 1

	power      uint64    // base^chunk
	square     [2]uint64 // power^2, high word first
	estimate   uint64    // floor(2^(144 + estimateBits) / power^2)
	shift      uint      // of power until its highest bit is set
	normalized uint64    // power << shift
	inverse    uint64    // floor((2^128 - 1) / normalized) - 2^64

	halfPower   uint64 // base^half
	halfInverse uint64 // floor((2^64 - 1) / halfPower)

	powers   [chunkDigitsMax + 1]uint64 // base^n
	fraction [halfDigitsMax + 1]uint64  // floor(2^64 / base^n) + 1, for n > 0
	digits   [64]uint8                  // of the smallest number of n bits
	values   [256]uint8                 // of every byte as a digit, or noDigit
}

// radixes are by base.
var radixes = func() (all [BaseMax + 1]radix) {
	for base := BaseMin; base <= BaseMax; base++ {
		all[base].init(uint64(base))
	}
	return all
}()

func (r *radix) init(base uint64) {
	r.base = base
	r.power = 1
	for hi, lo := bits.Mul64(r.power, base*base); hi == 0 && lo < 1<<63; hi, lo = bits.Mul64(r.power, base*base) {
		r.power = lo
		r.chunk += 2
	}
	r.half = r.chunk / 2
	for n, power := 0, uint64(1); n <= r.chunk; n++ {
		r.powers[n] = power
		power *= base
	}

	r.square[0], r.square[1] = bits.Mul64(r.power, r.power)
	q1, rem := bits.Div64(1<<(144+estimateBits-128), 0, r.power)
	q0, _ := bits.Div64(rem, 0, r.power)
	r.estimate, _ = bits.Div64(q1, q0, r.power)
	r.shift = uint(bits.LeadingZeros64(r.power))
	r.normalized = r.power << r.shift
	r.inverse, _ = bits.Div64(^r.normalized, ^uint64(0), r.normalized)

	r.halfPower = r.powers[r.half]
	r.halfInverse = ^uint64(0) / r.halfPower
	for n := 1; n <= r.half; n++ {
		q, _ := bits.Div64(1, 0, r.powers[n]) // 2^64 / base^n
		r.fraction[n] = q + 1
	}

	r.digits[0] = 1 // zero has one digit, too
	for n := 1; n <= bits.Len64(r.power-1); n++ {
		for least := uint64(1) << (n - 1); least >= r.powers[r.digits[n]]; {
			r.digits[n]++
		}
	}
	for w := (wide{low: 1}); w.fits(); w = w.mulAdd(base, 0) {
		r.most++
	}

	for i := range r.values {
		r.values[i] = noDigit
	}
	for v, c := range []byte(alphabet[:base]) {
		r.values[c] = uint8(v)
		if c >= 'a' && base <= caselessBaseMax {
			r.values[c-'a'+'A'] = uint8(v)
		}
	}
}

// count returns how many digits c has, for c below power. Zero has one.
func (r *radix) count(c uint64) int {
	n := int(r.digits[bits.Len64(c)&63])
	if c >= r.powers[n] {
		n++
	}
	return n
}

// split cuts w into the three chunks of its digits.
func (r *radix) split(w wide) (high, mid, low uint64) {
	// The first chunk is w / square. The estimate is that or one less.
	high, _ = bits.Mul64(w.top<<48|w.mid>>16, r.estimate)
	high >>= estimateBits
	p1, p0 := bits.Mul64(high, r.square[1])
	rem0, borrow := bits.Sub64(w.low, p0, 0)
	rem1, _ := bits.Sub64(w.mid, p1+high*r.square[0], borrow)
	if rem1 > r.square[0] || rem1 == r.square[0] && rem0 >= r.square[1] {
		high++
		rem0, borrow = bits.Sub64(rem0, r.square[1], 0)
		rem1, _ = bits.Sub64(rem1, r.square[0], borrow)
	}

	// The others are quotient and remainder of the rest by power, by
	// multiplication with the inverse of the divisor (Möller and Granlund,
	// "Improved division by invariant integers"). The first correction is as
	// likely as not and has no branch; the second is rare.
	s, d := r.shift&63, r.normalized
	hi, lo := rem1<<s|rem0>>1>>(63-s), rem0<<s
	mid, f := bits.Mul64(r.inverse, hi)
	f, carry := bits.Add64(f, lo, 0)
	mid, _ = bits.Add64(mid, hi, carry)
	mid++
	low = lo - mid*d
	_, over := bits.Sub64(f, low, 0)
	mid -= over
	low += d & -over
	if low >= d {
		mid++
		low -= d
	}
	return high, mid, low >> s
}
