package fuzz

import (
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/msg"
)

// guarded is memory that ends before a page nobody may read.
type guarded struct {
	memory []byte // capped
	page   []byte
}

func newGuarded(t testing.TB, pages int) guarded {
	t.Helper()
	page := syscall.Getpagesize()
	block, err := syscall.Mmap(-1, 0, (pages+1)*page, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(block); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mprotect(block[pages*page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return guarded{block[: pages*page : pages*page], block[pages*page:]}
}

// place returns b where its capacity ends with the memory, and behind with it.
func (g guarded) place(b, behind []byte) []byte {
	at := len(g.memory) - len(b) - len(behind)
	copy(g.memory[at+len(b):], behind)
	return g.memory[at : at+copy(g.memory[at:], b)]
}

// The decoders load whole words, and one byte beyond the payload and its slack may lie in memory that
// is not ours. Here it does.
func TestNothingBehindIsRead(t *testing.T) {
	const pages = 16
	g := newGuarded(t, pages)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the guard does not guard")
			}
		}()
		sink = g.page[0]
	}()
	slack := make([]byte, msg.SlackBytes)
	decode := func(typ oracle.Type, b []byte) {
		if len(b)+len(slack) > len(g.memory) {
			return
		}
		for _, behind := range [][]byte{nil, slack[1:], slack} {
			_ = typ.NewFlat().Decode(g.place(b, behind), nil)
		}
	}
	eachCase(t, casesNoise/4, func(t *testing.T, r *rand.Rand, typ oracle.Type) {
		b, err := oracle.Random(r, typ).MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			oracle.Behind(r, slack, b)
			decode(typ, b)
			b = oracle.Mutate(r, b)
		}
	})
	eachMessage(t, func(index int, b []byte) {
		for n := range len(b) + 1 {
			copy(slack, b[n:]) // as if the message went on
			decode(oracle.Types[index], b[:n])
		}
	})
}

// sink keeps a read from being left out.
var sink byte
