package uuid

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// The constants of every base are what their comments say, and the conditions
// under which the arithmetic is exact hold.
func TestRadixConstants(t *testing.T) {
	one := big.NewInt(1)
	u := func(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
	equal := func(base int, what string, got uint64, want *big.Int) {
		t.Helper()
		if u(got).Cmp(want) != 0 {
			t.Errorf("base %d: %s is %d, want %d", base, what, got, want)
		}
	}
	pow2 := func(n uint) *big.Int { return new(big.Int).Lsh(one, n) }
	for _, base := range allBases {
		r := &radixes[base]
		b := u(uint64(base))
		power := func(n int) *big.Int { return new(big.Int).Exp(b, big.NewInt(int64(n)), nil) }
		equal(base, "power", r.power, power(r.chunk))
		if next := power(r.chunk + 2); r.chunk%2 != 0 || r.power >= 1<<63 || next.Cmp(pow2(63)) < 0 {
			t.Errorf("base %d: a chunk of %d digits is not the largest even power below 2^63", base, r.chunk)
		}
		if power(3*r.chunk).Cmp(pow2(144)) < 0 {
			t.Errorf("base %d: three chunks do not hold 144 bits", base)
		}
		if power(r.half).Cmp(pow2(32)) > 0 || r.half > halfDigitsMax || r.chunk > chunkDigitsMax {
			t.Errorf("base %d: half a chunk has %d digits", base, r.half)
		}
		if power(r.most).Cmp(pow2(144)) < 0 || power(r.most-1).Cmp(pow2(144)) >= 0 || r.most > slugDigitsMax {
			t.Errorf("base %d: 144 bits in %d digits", base, r.most)
		}
		if power(group).Cmp(pow2(64)) >= 0 || r.chunk < group {
			t.Errorf("base %d: a group does not fit a word", base)
		}

		square := new(big.Int).Mul(power(r.chunk), power(r.chunk))
		equal(base, "high word of the square", r.square[0], new(big.Int).Rsh(square, 64))
		equal(base, "low word of the square", r.square[1], new(big.Int).And(square, u(1<<64-1)))
		equal(base, "estimate", r.estimate, new(big.Int).Div(pow2(144+estimateBits), square))
		equal(base, "normalized", r.normalized, new(big.Int).Lsh(u(r.power), r.shift))
		if r.normalized>>63 != 1 || r.shift == 0 || r.shift > 63 {
			t.Errorf("base %d: shift is %d", base, r.shift)
		}
		inverse := new(big.Int).Sub(pow2(128), one)
		inverse.Div(inverse, u(r.normalized)).Sub(inverse, pow2(64))
		equal(base, "inverse", r.inverse, inverse)

		equal(base, "halfPower", r.halfPower, power(r.half))
		equal(base, "halfInverse", r.halfInverse, new(big.Int).Div(u(1<<64-1), u(r.halfPower)))
		for n := 0; n <= r.chunk; n++ {
			equal(base, "powers", r.powers[n], power(n))
		}
		for n := 1; n <= r.half; n++ {
			fraction := new(big.Int).Div(pow2(64), power(n))
			equal(base, "fraction", r.fraction[n], fraction.Add(fraction, one))
		}
		for n := 1; n <= r.chunk; n++ {
			if got := r.count(r.powers[n] - 1); got != n {
				t.Errorf("base %d: %d has %d digits, want %d", base, r.powers[n]-1, got, n)
			}
			if n < r.chunk && r.count(r.powers[n]) != n+1 {
				t.Errorf("base %d: %d has %d digits, want %d", base, r.powers[n], r.count(r.powers[n]), n+1)
			}
		}
		if r.count(0) != 1 {
			t.Errorf("base %d: zero has %d digits", base, r.count(0))
		}
	}
	if fraction36 != radixes[36].fraction[6] || half36 != radixes[36].halfPower || chunk36 != radixes[36].chunk {
		t.Error("base 36 has other constants than all bases")
	}
}

// Chunks are right where the first estimate and the corrections change: around
// multiples of the power and of its square.
func TestSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	limit := new(big.Int).Lsh(big.NewInt(1), 144)
	mask := new(big.Int).SetUint64(1<<64 - 1)
	for _, base := range allBases {
		r := &radixes[base]
		power := new(big.Int).SetUint64(r.power)
		square := new(big.Int).Mul(power, power)
		check := func(n *big.Int) {
			if n.Sign() < 0 || n.Cmp(limit) >= 0 {
				return
			}
			w := wide{
				top: new(big.Int).Rsh(n, 128).Uint64(),
				mid: new(big.Int).And(new(big.Int).Rsh(n, 64), mask).Uint64(),
				low: new(big.Int).And(n, mask).Uint64(),
			}
			high, mid, low := r.split(w)
			if mid >= r.power || low >= r.power {
				t.Fatalf("base %d: %x is split into %d, %d, %d", base, n, high, mid, low)
			}
			sum := new(big.Int).SetUint64(high)
			sum.Mul(sum, power).Add(sum, new(big.Int).SetUint64(mid))
			sum.Mul(sum, power).Add(sum, new(big.Int).SetUint64(low))
			if sum.Cmp(n) != 0 {
				t.Fatalf("base %d: %x is split into %d, %d, %d", base, n, high, mid, low)
			}
		}
		most := new(big.Int).Div(limit, square)
		for _, multiple := range []*big.Int{square, power} {
			for i := range 300 {
				factor := randBig(rng, new(big.Int).Add(most, big.NewInt(1)))
				switch {
				case i < 20:
					factor.SetInt64(int64(i))
				case i < 40:
					factor.Sub(new(big.Int).Div(limit, multiple), big.NewInt(int64(i-20)))
				}
				n := factor.Mul(factor, multiple)
				for d := int64(-2); d <= 2; d++ {
					check(new(big.Int).Add(n, big.NewInt(d)))
				}
			}
		}
		check(new(big.Int).Sub(limit, big.NewInt(1)))
		for range 1000 {
			check(randBig(rng, limit))
		}
	}
}

// Half a chunk is right at both ends of every length and in between.
func TestPut(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, base := range allBases {
		r := &radixes[base]
		for n := 1; n <= r.chunk; n++ {
			most := r.powers[n] - 1
			for i := range 60 {
				c := rng.Uint64N(most + 1)
				switch i {
				case 0:
					c = 0
				case 1:
					c = most
				case 2:
					c = most / 2
				case 3, 4, 5:
					c = min(r.halfPower+uint64(i)-4, most)
				}
				got := make([]byte, n)
				r.put(got, c)
				want := new(big.Int).SetUint64(c).Text(base)
				for len(want) < n {
					want = "0" + want
				}
				if string(got) != want {
					t.Fatalf("base %d: %d in %d digits is %q, want %q", base, c, n, got, want)
				}
			}
		}
	}
}

// Every byte is a digit of exactly the bases that have it.
func TestDigitValues(t *testing.T) {
	for _, base := range allBases {
		for c := range 256 {
			want := uint64(noDigit)
			if n, err := twinDigits(string([]byte{byte(c)}), base, 64); err == nil {
				want = n.Uint64()
			}
			if got := uint64(radixes[base].values[c]); got != want {
				t.Errorf("base %d: byte %q has value %d, want %d", base, byte(c), got, want)
			}
		}
	}
}

// The table of all bases is claimed at start; it should not surprise anybody.
func TestTableSize(t *testing.T) {
	if size := unsafe.Sizeof(radixes); size > 80<<10 {
		t.Errorf("the bases take %d bytes", size)
	}
}
