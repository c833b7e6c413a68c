package ring

import (
	"testing"
	"unsafe"
)

// TestSlotSize: there is a slot for every frame that is kept, written for every send.
func TestSlotSize(t *testing.T) {
	if got := unsafe.Sizeof(slot{}); got != 48 {
		t.Errorf("a slot has %d bytes, want 48", got)
	}
}
