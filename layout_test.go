package smk_test

import (
	"testing"
	"unsafe"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/uuid"
)

// TestSizes holds the values that there are many of, or that are copied for every message, to their
// sizes. Whoever changes one says so here, and why it is worth it. What lies inside of packages has
// a test there.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
		why       string
	}{
		{"msg.Quote", unsafe.Sizeof(msg.Quote{}), 16, "four levels of a book are a cache line"},
		{"msg.Execution", unsafe.Sizeof(msg.Execution{}), 32, "kept by the thousand"},
		{"msg.OrderExecuted", unsafe.Sizeof(msg.OrderExecuted{}), 120, "two cache lines, written for every fill"},
		{"session.Event", unsafe.Sizeof(session.Event{}), 168, "written for every message"},
		{"ring.Record", unsafe.Sizeof(ring.Record{}), 32, "one for every frame that is kept"},
		{"uuid.UUID", unsafe.Sizeof(uuid.UUID{}), 24, "a key of maps: 144 bits"},
		{"odds.Price", unsafe.Sizeof(odds.Price(0)), 2, "books of a user's own"},
		{"odds.Quantity", unsafe.Sizeof(odds.Quantity(0)), 8, "the same"},
		{"odds.Money", unsafe.Sizeof(odds.Money(0)), 8, "the same"},
	} {
		if c.got != c.want {
			t.Errorf("%s has %d bytes, want %d: %s", c.name, c.got, c.want, c.why)
		}
	}
}
