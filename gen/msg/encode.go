package msg

import "encoding/binary"

// putFixed64 writes v so that it ends before b[i] and returns where it starts.
func putFixed64(b []byte, i int, v uint64) int {
	i -= 8
	binary.LittleEndian.PutUint64(b[i:], v)
	return i
}
