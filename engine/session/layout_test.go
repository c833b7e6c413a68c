package session

import (
	"testing"
	"unsafe"
)

// TestEntrySize: up to a million orders can wait for their answers, each in an entry of a cache line, of
// which the answer touches that alone.
func TestEntrySize(t *testing.T) {
	if got := unsafe.Sizeof(entry{}); got != 64 {
		t.Errorf("an entry has %d bytes, want 64", got)
	}
}
