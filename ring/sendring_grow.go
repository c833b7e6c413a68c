package ring

// grow doubles the index, if it may. What it holds stays. It is seldom called, and kept out
// of the code that calls it.
//
//go:noinline
func (f *SendRing) grow() {
	if len(f.index) == f.records {
		return
	}
	small := f.index
	f.index = make([]slot, 2*len(small))
	for seq := f.next - uint64(f.count); seq != f.next; seq++ {
		*f.slot(seq) = small[seq&uint64(len(small)-1)]
	}
}
