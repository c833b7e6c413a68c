package main

import (
	"runtime"
	"testing"
)

var sinkOfAllocations []byte

// TestAllocations counts only what is allocated while the count is on.
func TestAllocations(t *testing.T) {
	var a allocations
	allocate := func() {
		for range 1000 {
			sinkOfAllocations = make([]byte, 1<<10)
		}
	}
	allocate()
	a.measure(true, 10)
	a.measure(true, 11) // is on
	allocate()
	runtime.GC()
	a.measure(false, 110)
	allocate()
	a.measure(false, 500) // is off
	a.measure(true, 500)
	a.measure(false, 600)
	if a.messages != 200 || a.mallocs < 1000 || a.mallocs >= 2000 || a.collections == 0 {
		t.Errorf("%d messages, %d allocations, %d collections", a.messages, a.mallocs, a.collections)
	}
	if got := a.perMessage(); got != float64(a.mallocs)/200 {
		t.Errorf("%v allocations a message", got)
	}
	if got := new(allocations).perMessage(); got != 0 {
		t.Errorf("%v allocations a message of none", got)
	}
}
