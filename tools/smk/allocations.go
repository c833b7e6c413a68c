package main

import "runtime"

// allocations counts what the process allocates while it is on, and the messages meanwhile.
type allocations struct {
	on          bool
	mallocs     uint64
	collections uint32
	messages    uint64

	before, now runtime.MemStats
	from        uint64
}

// measure switches the count on or off. messages is how many there were so far.
func (a *allocations) measure(on bool, messages uint64) {
	if on == a.on {
		return
	}
	if a.on = on; on {
		runtime.ReadMemStats(&a.before)
		a.from = messages
		return
	}
	runtime.ReadMemStats(&a.now)
	a.mallocs += a.now.Mallocs - a.before.Mallocs
	a.collections += a.now.NumGC - a.before.NumGC
	a.messages += messages - a.from
}

// perMessage returns allocations a message.
func (a *allocations) perMessage() float64 { return float64(a.mallocs) / float64(max(a.messages, 1)) }
