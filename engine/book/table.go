package book

import "math/bits"

// slots hands out the numbers of a fixed number of slots, the one released last first.
type slots struct {
	unused []int32
	places int // slots from here on were never in use
}

func (s *slots) init(n int) {
	s.unused = make([]int32, n)
	for i := range s.unused {
		s.unused[i] = int32(n - 1 - i)
	}
}

// claim returns a slot, none if all are in use.
func (s *slots) claim() int32 {
	n := len(s.unused)
	if n == 0 {
		return none
	}
	i := s.unused[n-1]
	s.unused = s.unused[:n-1]
	s.places = max(s.places, int(i)+1)
	return i
}

func (s *slots) release(i int32) { s.unused = append(s.unused, i) }

// index finds slots by keys: a hash table with linear probing, at most half full. It is small, for the caches.
type index struct {
	entries []int32  // slots plus 1; 0 means that the entry is free
	keys    []uint64 // by slot
	shift   uint8
}

func (x *index) init(n int) {
	size := 1 << bits.Len(uint(2*n-1))
	x.entries = make([]int32, size)
	x.keys = make([]uint64, n)
	x.shift = uint8(64 - bits.Len(uint(size-1)))
}

// home returns where the search for a key begins: Fibonacci hashing.
func (x *index) home(key uint64) int {
	return int((key ^ key>>32) * 0x9e3779b97f4a7c15 >> (x.shift & 63))
}

// find returns the slot of a key, or none.
func (x *index) find(key uint64) int32 {
	entries := x.entries
	for i := x.home(key); ; i++ {
		slot := entries[i&(len(entries)-1)] - 1
		if slot == none || x.keys[slot] == key {
			return slot
		}
	}
}

// add adds a key that is not there, of a slot that has none.
func (x *index) add(key uint64, slot int32) {
	i := x.home(key)
	for *x.at(i) != 0 {
		i++
	}
	*x.at(i) = slot + 1
	x.keys[slot] = key
}

func (x *index) at(i int) *int32 { return &x.entries[i&(len(x.entries)-1)] }

// remove removes a key that is there, and moves those behind it that a search would not find any more.
func (x *index) remove(key uint64) {
	i := x.home(key)
	for ; *x.at(i) == 0 || x.keys[*x.at(i)-1] != key; i++ {
		if *x.at(i) == 0 {
			panic("BUG: book: removed key is not in the index")
		}
	}
	mask := len(x.entries) - 1
	for j := i + 1; *x.at(j) != 0; j++ {
		if home := x.home(x.keys[*x.at(j)-1]); (j-home)&mask >= (j-i)&mask {
			*x.at(i) = *x.at(j)
			i = j
		}
	}
	*x.at(i) = 0
}
