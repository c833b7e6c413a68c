package msg

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// The ordered decoders look at their input by words of 8 bytes, the first byte lowest: one load
// holds a tag and a value of up to 7 bytes.

const (
	wordBytes   = 8
	continued   = 0x8080808080808080 // the bits that say that a varint goes on
	varintBytes = 10                 // of the longest varint
)

// word returns the 8 bytes at b[i:]. Behind the end of b it reads zeros, which end a varint there:
// whoever reads one sees that it has gone beyond the end. i is within b.
//
// The load is unsafe because the compiler does not see that i is not negative, and checks the
// bounds again, at a third of a decode's time. All decoders count i up from 0.
func word(b []byte, i int) uint64 {
	if i <= len(b)-wordBytes {
		return binary.LittleEndian.Uint64((*[wordBytes]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i))[:])
	}
	return lastWord(b, i)
}

// lastWord is word for less than 8 bytes.
//
//go:noinline
func lastWord(b []byte, i int) (x uint64) {
	if len(b) >= wordBytes {
		x = binary.LittleEndian.Uint64(b[len(b)-wordBytes:])
		return x >> (8 * uint(wordBytes-(len(b)-i)))
	}
	for k := len(b) - 1; k >= i; k-- {
		x = x<<8 | uint64(b[k])
	}
	return x
}

// two, three and four return the varint of so many bytes at the low end of x.
func two(x uint64) uint64   { return x&0x7f | x>>1&0x3f80 }
func three(x uint64) uint64 { return x&0x7f | x>>1&0x3f80 | x>>2&0x1fc000 }
func four(x uint64) uint64  { return x&0x7f | x>>1&0x3f80 | x>>2&0x1fc000 | x>>3&0xfe00000 }

// eight returns the varint of up to eight bytes that x is.
func eight(x uint64) uint64 {
	x &^= continued
	x = x&0x007f007f007f007f | x>>1&0x3f803f803f803f80
	x = x&0x00003fff00003fff | x>>2&0x0fffc0000fffc000
	return x&0x000000000fffffff | x>>4&0x00fffffff0000000
}

// long is varint for values that are expected to have many bytes.
func long(b []byte, i int) (v uint64, next int) {
	if i > len(b)-varintBytes {
		return varint(b, i)
	}
	x := binary.LittleEndian.Uint64(b[i:])
	if stop := ^x & continued; stop != 0 {
		n := bits.TrailingZeros64(stop)/8 + 1
		return eight(x & (^uint64(0) >> uint(64-8*n))), i + n
	}
	v = eight(x) | uint64(b[i+8]&0x7f)<<56
	switch {
	case b[i+8] < 0x80:
		return v, i + 9
	case b[i+9] <= 1:
		return v | uint64(b[i+9])<<63, i + 10
	default:
		return 0, readOverflow
	}
}
