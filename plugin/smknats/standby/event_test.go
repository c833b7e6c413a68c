package standby

import (
	"slices"
	"testing"
)

// TestObserved: events that a call of Observe, or another goroutine during it, brings about follow it, in order, one at
// a time; what is too much for the queue is dropped.
func TestObserved(t *testing.T) {
	var o observed
	var seen []uint64
	calls := 0
	var observe func(Event)
	observe = func(ev Event) {
		if calls++; calls > 1 {
			t.Errorf("event %d during another call", ev.Term)
		}
		if seen = append(seen, ev.Term); ev.Term == 1 {
			o.add(Event{Term: 2}, observe)
			done := make(chan struct{})
			go func() {
				for n := range uint64(eventsMax) {
					o.add(Event{Term: 3 + n}, observe)
				}
				close(done)
			}()
			<-done
		}
		calls--
	}
	o.add(Event{Term: 1}, observe)
	o.add(Event{Term: 1000}, observe)
	want := []uint64{1}
	for n := range uint64(eventsMax) {
		want = append(want, 2+n)
	}
	if want = append(want, 1000); !slices.Equal(seen, want) {
		t.Errorf("%d events, want %d: %v", len(seen), len(want), seen)
	}
}
