package msg

import (
	"encoding/binary"
	"math/bits"
)

// sizeVarint is the number of bytes of v as a varint.
func sizeVarint(v uint64) int {
	return (bits.Len64(v|1)*9 + 64) / 64
}

// putVarint writes v so that it ends before b[i] and returns where it starts.
func putVarint(b []byte, i int, v uint64) int {
	if v < 0x80 {
		i--
		b[i] = byte(v)
		return i
	}
	i -= sizeVarint(v)
	at := i
	for v >= 0x80 {
		b[at] = byte(v) | 0x80
		v >>= 7
		at++
	}
	b[at] = byte(v)
	return i
}

// putFixed64 writes v so that it ends before b[i] and returns where it starts.
func putFixed64(b []byte, i int, v uint64) int {
	i -= 8
	binary.LittleEndian.PutUint64(b[i:], v)
	return i
}
