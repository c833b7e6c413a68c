package engine

import "testing"

// TestParking wakes a loop that is parked, once, in what it sleeps in at the moment, and no other.
func TestParking(t *testing.T) {
	p := parking{idle: make(chan struct{}, 1)}
	first, second := 0, 0
	p.sleepIn(func() { first++ })
	if p.wake(); first != 0 {
		t.Error("a loop that does not sleep was woken")
	}
	p.parked.Store(true)
	p.wake()
	p.wake()
	if first != 1 || p.parked.Load() {
		t.Errorf("woken %d times, parked %t", first, p.parked.Load())
	}
	p.sleepIn(func() { second++ })
	p.parked.Store(true)
	if p.wake(); first != 1 || second != 1 {
		t.Errorf("woken %d times in the first, %d in the second", first, second)
	}
}

// TestSleepIdle ends by a wake, also by one that came before, and at the end of its time.
func TestSleepIdle(t *testing.T) {
	p := parking{idle: make(chan struct{}, 1)}
	p.wakeIdle()
	p.wakeIdle()
	p.sleepIdle(never)
	p.sleepIdle(1)
	if len(p.idle) != 0 {
		t.Error("a wake is left")
	}
	woken := make(chan struct{})
	go func() {
		p.sleepIdle(never)
		close(woken)
	}()
	p.wakeIdle()
	<-woken
}
