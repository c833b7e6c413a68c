package order

import (
	"testing"
	"unsafe"
)

// TestLayout holds what there are many of to whole cache lines, and its parts to lines of their own: an order that is
// touched costs as many misses as lines.
func TestLayout(t *testing.T) {
	const line = 64
	var e entry
	for _, c := range []struct {
		name string
		got  uintptr
		want uintptr
	}{
		{"an order as the user reads it", unsafe.Sizeof(e.Order), 2 * line},
		{"what it follows from begins", unsafe.Offsetof(e.figures), 2 * line},
		{"what is booked begins", unsafe.Offsetof(e.booked), 4 * line},
		{"what few need begins", unsafe.Offsetof(e.rare), 6 * line},
		{"an entry", unsafe.Sizeof(e), 7 * line},
		{"a contract", unsafe.Sizeof(contract{}), 3 * line},
		{"an event", unsafe.Sizeof(Event{}), 112},
		{"a fill", unsafe.Sizeof(fill{}), 16},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, c.got, c.want)
		}
	}
}
