package order

import "math/bits"

// none ends a chain.
const none = -1

// hash finds slots by a key. The chains and a part of each key lie apart from what has the slots: a key that is not
// there is missed without a look at any of them.
type hash struct {
	heads []int32 // of chains, newest first
	nodes []node  // by slot
	shift uint
}

type node struct {
	tag  uint32
	next int32
}

func (h *hash) init(n int) {
	size := 1 << bits.Len(uint(2*n-1))
	h.heads, h.nodes = make([]int32, size), make([]node, n)
	h.shift = 64 - uint(bits.Len(uint(size-1)))
	h.clear()
}

func (h *hash) clear() {
	for i := range h.heads {
		h.heads[i] = none
	}
}

// head returns the chain for a key and its tag. Both halves of the product count, so that keys are spread whichever of
// their bits count up.
func (h *hash) head(key uint64) (*int32, uint32) {
	high, low := bits.Mul64(key, 0x9e3779b97f4a7c15)
	mixed := high ^ low
	return &h.heads[(mixed>>(h.shift&63))&uint64(len(h.heads)-1)], uint32(mixed)
}

// first returns the newest slot that may have a key, or none, and what after takes.
func (h *hash) first(key uint64) (slot int32, tag uint32) {
	head, tag := h.head(key)
	i := *head
	for i != none && h.nodes[i].tag != tag {
		i = h.nodes[i].next
	}
	return i, tag
}

// after returns the next slot after one that turned out to have another key, or none.
func (h *hash) after(i int32, tag uint32) int32 {
	i = h.nodes[i].next
	for i != none && h.nodes[i].tag != tag {
		i = h.nodes[i].next
	}
	return i
}

func (h *hash) add(key uint64, i int32) {
	head, tag := h.head(key)
	h.nodes[i] = node{tag, *head}
	*head = i
}

func (h *hash) remove(key uint64, i int32) {
	at, _ := h.head(key)
	for *at != i {
		at = &h.nodes[*at].next
	}
	*at = h.nodes[i].next
}
