package prove

import "testing"

// TestMoments expects days to have moments at which a bot knows all that the exchange has said.
func TestMoments(t *testing.T) {
	moments := uint64(0)
	for seed := range uint64(5) {
		moments += Run(New(seed)).Moments
	}
	if moments < 20 {
		t.Errorf("%d moments", moments)
	}
}

// TestPanicsAreFailures expects a panic to end the day, not the program.
func TestPanicsAreFailures(t *testing.T) {
	w, err := newWorld(smallSchedule, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if w.guard(func() { panic("BUG: a test") }); !w.failed() || w.result.Failure.Invariant != "panic" {
		t.Errorf("%+v", w.result.Failure)
	}
}
