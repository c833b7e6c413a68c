package uuid

import (
	"cmp"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// benchSet are identifiers with numbers of one length, as both sides need them.
type benchSet struct {
	name  string
	ids   []UUID
	bigs  []*big.Int // number and tag
	texts map[int][]string
}

const benchMask = 1<<10 - 1

var benchBases = []int{2, 10, 16, 36, 62}

// benchSets returns numbers of 128, 96 and 64 bits, and of all lengths in turn.
func benchSets() []benchSet {
	rng := rand.New(rand.NewPCG(15, 16))
	var sets []benchSet
	for _, length := range []int{128, 96, 64, 0} {
		s := benchSet{name: fmt.Sprintf("%d bits", length), texts: make(map[int][]string)}
		if length == 0 {
			s.name = "mixed"
		}
		for range benchMask + 1 {
			u := random(rng)
			if length != 0 {
				u = New128(u.tag, rng.Uint64(), rng.Uint64()).shortened(length)
			}
			s.ids = append(s.ids, u)
			s.bigs = append(s.bigs, u.tagged())
			for _, base := range benchBases {
				s.texts[base] = append(s.texts[base], u.Slug(SlugFormat{Base: base, Bare: true}))
			}
		}
		sets = append(sets, s)
	}
	return sets
}

// The two sides: a slug without its prefix, which math/big knows nothing of, written
// into a buffer; and read, by us with the check of the tag, by math/big into a
// number that is there already.
func (s *benchSet) write(dst []byte, i, base int) []byte {
	return s.ids[i&benchMask].AppendSlug(dst, SlugFormat{Base: base, Bare: true})
}

func (s *benchSet) writeBig(dst []byte, i, base int) []byte {
	return s.bigs[i&benchMask].Append(dst, base)
}

func (s *benchSet) read(i, base int) bool {
	_, err := ParseSlugBase(s.texts[base][i&benchMask], base)
	return err == nil
}

func (s *benchSet) readBig(z *big.Int, i, base int) bool {
	_, ok := z.SetString(s.texts[base][i&benchMask], base)
	return ok
}

func BenchmarkToSlug(b *testing.B) {
	dst := make([]byte, 0, 256)
	for _, s := range benchSets() {
		for _, base := range benchBases {
			b.Run(fmt.Sprintf("%s/base %d/uuid", s.name, base), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					dst = s.write(dst[:0], i, base)
				}
			})
			b.Run(fmt.Sprintf("%s/base %d/big", s.name, base), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					dst = s.writeBig(dst[:0], i, base)
				}
			})
		}
	}
}

func BenchmarkFromSlug(b *testing.B) {
	z := new(big.Int)
	for _, s := range benchSets() {
		for _, base := range benchBases {
			b.Run(fmt.Sprintf("%s/base %d/uuid", s.name, base), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if !s.read(i, base) {
						b.Fatal("refused")
					}
				}
			})
			b.Run(fmt.Sprintf("%s/base %d/big", s.name, base), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if !s.readBig(z, i, base) {
						b.Fatal("refused")
					}
				}
			})
		}
	}
}

// BenchmarkRatio runs both sides by turns and reports the medians, and the median
// of how many times longer math/big took. That holds on a busy machine, where
// one side after the other does not.
func BenchmarkRatio(b *testing.B) {
	dst, z := make([]byte, 0, 256), new(big.Int)
	for _, s := range benchSets() {
		compare := func(name string, ours, theirs func(i int)) {
			b.Run(s.name+"/"+name, func(b *testing.B) {
				var a, c, ratio []float64
				round := func(f func(int)) float64 {
					start := time.Now()
					for i := range benchMask + 1 {
						f(i)
					}
					return float64(time.Since(start)) / (benchMask + 1)
				}
				for b.Loop() {
					x, y := round(ours), round(theirs)
					a, c, ratio = append(a, x), append(c, y), append(ratio, y/x)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(median(a), "uuid-ns")
				b.ReportMetric(median(c), "big-ns")
				b.ReportMetric(median(ratio), "big/uuid")
			})
		}
		compare("to slug", func(i int) { dst = s.write(dst[:0], i, 36) }, func(i int) {
			dst = s.writeBig(dst[:0], i,
				36)
		})
		compare("from slug", func(i int) { s.read(i, 36) }, func(i int) { s.readBig(z, i, 36) })
	}
}

func median[T cmp.Ordered](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

func BenchmarkHex(b *testing.B) {
	s := benchSets()[0]
	dst := make([]byte, 0, 64)
	var texts []string
	for _, u := range s.ids {
		texts = append(texts, u.Hex())
	}
	b.Run("to", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			dst = s.ids[i&benchMask].AppendHex(dst[:0], HexPad)
		}
	})
	b.Run("from", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := ParseHex(texts[i&benchMask]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkStart is what the package costs a program that starts.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		for base := BaseMin; base <= BaseMax; base++ {
			var r radix
			r.init(uint64(base))
		}
	}
}
