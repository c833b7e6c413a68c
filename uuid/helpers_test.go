package uuid

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
)

// random returns an identifier whose number has any length, all equally likely.
func random(rng *rand.Rand) UUID {
	tags := Tags()
	return New128(tags[rng.IntN(len(tags))], rng.Uint64(), rng.Uint64()).shortened(rng.IntN(129))
}

// shortened returns u with that many bits of its number.
func (u UUID) shortened(length int) UUID {
	if length <= 64 {
		u.high, u.low = 0, u.low>>(64-length)
		return u
	}
	u.high >>= 128 - length
	return u
}

// edges are numbers where the words, the chunks and the digits end.
func edges() []UUID {
	var all []UUID
	for _, tag := range Tags() {
		for length := range 129 {
			u := New128(tag, ^uint64(0), ^uint64(0)).shortened(length)
			v := New128(tag, u.high, u.low+1)
			if v.low == 0 {
				v.high++
			}
			all = append(all, u, v)
		}
	}
	return all
}

// tagged returns number * 2^16 + tag.
func (u UUID) tagged() *big.Int {
	n := u.Big()
	return n.Lsh(n, 16).Add(n, big.NewInt(int64(u.tag)))
}

// wants fails unless err is an *Error with that reason and place.
func wants(t *testing.T, what string, err, reason error, pos int) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: error %v (%T), want an *Error", what, err, err)
	}
	if e.Err != reason || !errors.Is(err, reason) || e.Pos != pos {
		t.Errorf("%s: %v at %d, want %v at %d", what, e.Err, e.Pos, reason, pos)
	}
	return e
}

var allBases = func() (bases []int) {
	for base := BaseMin; base <= BaseMax; base++ {
		bases = append(bases, base)
	}
	return bases
}()

// randBig returns a number below limit.
func randBig(rng *rand.Rand, limit *big.Int) *big.Int {
	n := new(big.Int)
	for range (limit.BitLen() + 127) / 64 {
		n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(rng.Uint64()))
	}
	return n.Mod(n, limit)
}
