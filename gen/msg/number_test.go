package msg

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/internal/varint"
)

// TestNumber reads varints of any length, whole and torn, with and without memory behind them.
func TestNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 200_000 {
		b := make([]byte, 1+r.IntN(24))
		for i := range b {
			if b[i] = byte(r.Uint32()); r.IntN(8) > 0 {
				b[i] |= 0x80
			}
		}
		i, n := r.IntN(len(b)), r.IntN(len(b)+1)
		n = max(i, n)
		for _, c := range [][]byte{b[:n], b[:n:n], roomy(b[:n])} {
			want, wantNext := varint.Read(c, i)
			if got, next := number(c, i); got != want || next != wantNext {
				t.Fatalf("number of %x at %d is %d, %d, want %d, %d", c, i, got, next, want, wantNext)
			}
		}
	}
}

// TestNumbers gives numbers fields of every kind in any order. What it takes it reads as varint.Read and
// fixed64 do, and it stops where it has to and nowhere else.
func TestNumbers(t *testing.T) {
	const (
		fixed  = uint32(1<<9 | 1<<17 | 1<<31)
		wanted = fixed | 1<<1 | 1<<2 | 1<<5 | 1<<15 | 1<<16 | 1<<30
	)
	r := rand.New(rand.NewPCG(11, 12))
	var taken, whole int
	for range 200_000 {
		var b []byte
		order := r.Perm(34)
		for _, k := range order {
			if want := wanted>>k&1 != 0; want == (r.IntN(64) == 0) {
				continue // now and then one is left out or not wanted
			}
			wire := uint64(fixed >> k & 1)
			if r.IntN(64) == 0 {
				wire = r.Uint64N(8)
			}
			tag := uint64(k)<<3 | wire
			if r.IntN(64) == 0 {
				b = append(b, byte(tag)|0x80, byte(tag>>7)|0x80, 0) // longer than need be
			} else {
				b = binary.AppendUvarint(b, tag)
			}
			if wire == varint.TypeFixed64 {
				b = binary.LittleEndian.AppendUint64(b, r.Uint64()|-(r.Uint64()&1))
			} else {
				b = binary.AppendUvarint(b, r.Uint64()>>r.IntN(64))
			}
			if r.IntN(64) == 0 {
				b[len(b)-1] |= 0x80
			}
			if r.IntN(64) == 0 {
				b = slices.Concat(b, b)
			}
		}
		b = b[:len(b)-r.IntN(min(len(b), 8)+1)]
		if r.IntN(2) == 0 {
			b = roomy(b, byte(r.Uint32()), byte(r.Uint32()))
		}

		var want, got [numbersEnd]uint64
		var wantSeen uint32
		i := 0
		for i < len(b) && i+readAhead <= cap(b) {
			tag, at := varint.Read(b, i)
			k := tag >> 3
			if at < 0 || k >= numbersEnd || wanted&^wantSeen>>k&1 == 0 || tag&7 != uint64(fixed>>k&1) ||
				at-i != 1+int(k/16) {
				break
			}
			read := varint.Read
			if tag&7 == varint.TypeFixed64 {
				read = fixed64
			}
			v, next := read(b, at)
			if next < 0 {
				break
			}
			want[k] = v
			wantSeen |= 1 << k
			i = next
		}
		next, seen := numbers(b, 0, &got, wanted, fixed)
		if next != i || seen != wantSeen || got != want {
			t.Fatalf("%x (%d behind it): %d, %#x, %v, want %d, %#x, %v", b, cap(b)-len(b), next, seen, got, i, wantSeen,
				want)
		}
		if i > 0 {
			taken++
		}
		if i == len(b) {
			whole++
		}
	}
	if taken < 100_000 || whole < 5_000 {
		t.Errorf("%d were read in part, %d whole", taken, whole)
	}
}
