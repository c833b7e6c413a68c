package msg

import (
	"math/bits"
	"unsafe"

	"github.com/smk-go/smk/internal/varint"
)

// The fast decoders read their input by words of 8 bytes, the first byte lowest: one load holds a tag
// and a value of up to 7 bytes.
//
// A load checks nothing. It is sound because at p lie the bytes of the input and SlackBytes bytes more
// in one piece of memory: either the slice of the input has that capacity, or the input was copied to
// memory that has it. i counts up from 0. No decoder lets i go further behind the end than its constants
// allow, and these are checked against SlackBytes when the package is compiled; see the end of each fast
// file.

// SlackBytes is how many bytes behind its input a Decode may read. Their content does not matter and may
// change at any time.
const SlackBytes = 256

const wordBytes = 8

// first returns where b lies, nil if it is nil.
func first(b []byte) *byte { return unsafe.SliceData(b) }

// load returns the word at p[i:]. It repeats encoding/binary, which compiles to one instruction on most
// machines, because each function inlined into another leaves an instruction that does nothing, 8 % of
// those of a decode.
func load(p *byte, i int) uint64 {
	b := (*[wordBytes]byte)(unsafe.Add(unsafe.Pointer(p), i))
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// octet returns p[i].
func octet(p *byte, i int) byte { return *(*byte)(unsafe.Add(unsafe.Pointer(p), i)) }

// long reads the varint at p[i:], of whatever length. next is 0 if there is none.
//
//go:noinline
func long(p *byte, i int) (v uint64, next int) {
	x := load(p, i)
	if stop := ^x & varint.Continuation; stop != 0 {
		n := bits.TrailingZeros64(stop)/8 + 1
		return varint.Eight(x & (^uint64(0) >> uint(64-8*n))), i + n
	}
	v = varint.Eight(x)
	c := octet(p, i+8)
	v |= uint64(c&0x7f) << 56
	if c < 0x80 {
		return v, i + 9
	}
	if c = octet(p, i+9); c <= 1 {
		return v | uint64(c)<<63, i + varint.BytesMax
	}
	return 0, 0
}
