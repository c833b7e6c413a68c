package quote

import "math/bits"

// none is no slot.
const none = int32(-1)

// table finds slots by keys that are not 0. It is an open-addressing hash of fixed size, at most half full, with
// linear probing.
type table struct {
	cells []cell
	shift uint
}

type cell struct {
	key  uint64 // 0 if empty
	slot int32
}

func (t *table) init(limit int) {
	size := 1 << bits.Len(uint(2*limit-1))
	t.cells = make([]cell, size)
	t.shift = 64 - uint(bits.Len(uint(size-1)))
}

func (t *table) home(key uint64) int {
	return int((key ^ key>>32) * 0x9e3779b97f4a7c15 >> (t.shift & 63))
}

// find returns the slot of a key, or none.
func (t *table) find(key uint64) int32 {
	mask := len(t.cells) - 1
	for i := t.home(key); ; i = (i + 1) & mask {
		c := &t.cells[i&mask]
		if c.key == key && key != 0 {
			return c.slot
		}
		if c.key == 0 {
			return none
		}
	}
}

// add enters a key that is not in the table. There is room for it: the table has two cells for each slot.
func (t *table) add(key uint64, slot int32) {
	mask := len(t.cells) - 1
	i := t.home(key)
	for t.cells[i].key != 0 {
		i = (i + 1) & mask
	}
	t.cells[i] = cell{key, slot}
}

// remove takes a key out of the table, and moves those behind it that were pushed away from their homes.
func (t *table) remove(key uint64) {
	mask := len(t.cells) - 1
	i := t.home(key)
	for t.cells[i].key != key {
		if t.cells[i].key == 0 {
			panic("BUG: quote: key to remove is not in the table")
		}
		i = (i + 1) & mask
	}
	for j := i; ; {
		j = (j + 1) & mask
		c := t.cells[j]
		if c.key == 0 {
			break
		}
		if (j-t.home(c.key))&mask >= (j-i)&mask {
			t.cells[i] = c
			i = j
		}
	}
	t.cells[i] = cell{}
}
