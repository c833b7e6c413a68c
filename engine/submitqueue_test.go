package engine

import (
	"errors"
	"testing"
)

// TestSubmitQueue reserves slots, publishes empty ones where filling fails or panics, and refuses everything
// once it is closed.
func TestSubmitQueue(t *testing.T) {
	var q submitQueue
	if err := q.init(8, 64); err != nil {
		t.Fatal(err)
	}
	if q.reserved != 1 || q.slotBytes != 64 {
		t.Errorf("%d slots reserved, %d bytes each", q.reserved, q.slotBytes)
	}
	loop := parking{idle: make(chan struct{}, 1)}
	loop.sleepIn(loop.wakeIdle)
	loop.parked.Store(true)
	failed := errors.New("failed")
	fill := func(err error) func(*submitted) error {
		return func(work *submitted) error {
			if len(work.buffer) != 64 || cap(work.buffer) != 64 {
				t.Errorf("a buffer of %d bytes, with room for %d", len(work.buffer), cap(work.buffer))
			}
			work.size = 7
			return err
		}
	}
	var results [9]Submission
	if err := q.put(&results[0], 0, fill(failed), &loop); !errors.Is(err, failed) ||
		results[0].state.Load() != submissionIdle {
		t.Errorf("fill failed: %v", err)
	}
	if loop.parked.Load() || len(loop.idle) != 1 {
		t.Error("the loop was not woken")
	}
	func() {
		defer func() { _ = recover() }()
		_ = q.put(&results[0], 0, func(*submitted) error { panic(failed) }, &loop)
	}()
	for i := range 5 {
		if err := q.put(&results[i], 1, fill(nil), &loop); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.put(&results[0], 1, fill(nil), &loop); !errors.Is(err, ErrSubmissionBusy) {
		t.Errorf("used twice: %v", err)
	}
	if err := q.put(&results[5], 1, fill(nil), &loop); !errors.Is(err, ErrSubmitFull) ||
		results[5].state.Load() != submissionIdle {
		t.Errorf("the reserved slot: %v", err)
	}
	if err := q.put(&results[5], 0, fill(nil), &loop); err != nil {
		t.Errorf("the last slot: %v", err)
	}
	full := 0
	for range 3 { // the loop takes two empty slots and a full one
		work := q.ring.Peek()
		if work.full {
			full++
			work.result.resolve(9, 0, nil)
		}
		work.clear()
		q.ring.Release()
	}
	if seq, err := results[0].Result(); full != 1 || seq != 9 || err != nil {
		t.Errorf("%d full slots, the first with %d, %v", full, seq, err)
	}
	q.close()
	for i := 1; i <= 5; i++ {
		if _, err := results[i].Result(); !errors.Is(err, ErrClosed) {
			t.Errorf("result %d: %v", i, err)
		}
	}
	if err := q.put(&results[6], 0, fill(nil), &loop); !errors.Is(err, ErrClosed) || q.ring.Len() != 0 {
		t.Errorf("closed: %v, %d left", err, q.ring.Len())
	}
}
