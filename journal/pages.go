package journal

import "reflect"

// hugePageBytes is the size of a huge page on the machines that matter.
const hugePageBytes = 2 << 20

// newMemory makes memory that is used from one end to the other and again. If it is large it begins at a huge page and
// the system is asked for such: with small ones the loop misses the TLB with every 64 records, which costs it about 2 %
// of a busy feed.
func newMemory(size int) []byte {
	if size < hugePageBytes {
		return make([]byte, size)
	}
	b := make([]byte, size+hugePageBytes)
	skip := -reflect.ValueOf(b).Pointer() % hugePageBytes
	b = b[skip:][:size:size]
	adviseHuge(b)
	return b
}
