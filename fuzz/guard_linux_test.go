package fuzz

import (
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/smk-go/smk/fuzz/internal/oracle"
)

// The decoders load whole words, and one byte beyond the payload may lie in memory that is not
// ours. Here it does.
func TestNothingBehindIsRead(t *testing.T) {
	page := syscall.Getpagesize()
	const pages = 16
	block, err := syscall.Mmap(-1, 0, (pages+1)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Munmap(block); err != nil {
			t.Error(err)
		}
	}()
	if err := syscall.Mprotect(block[pages*page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	// place puts b right before what must not be touched.
	place := func(b []byte) []byte {
		at := pages*page - len(b)
		return block[at : at+copy(block[at:], b)]
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the guard does not guard")
			}
		}()
		sink = block[pages*page]
	}()
	eachCase(t, casesNoise/4, func(t *testing.T, r *rand.Rand, typ oracle.Type) {
		b, err := oracle.Random(r, typ).MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if len(b) <= pages*page {
				_ = typ.NewFlat().Decode(place(b), nil)
			}
			b = oracle.Mutate(r, b)
		}
	})
	eachMessage(t, func(index int, b []byte) {
		for n := range len(b) + 1 {
			_ = oracle.Types[index].NewFlat().Decode(place(b[:n]), nil)
		}
	})
}

// sink keeps a read from being left out.
var sink byte
