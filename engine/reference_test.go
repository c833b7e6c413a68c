package engine_test

import (
	"testing"
	"testing/synctest"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// apart is how far a base may not be from another one: as many messages as a bot may send.
const apart = 1e9

// near reports whether two bots with these bases could use a reference twice.
func near(a, b uint64) bool { return min(a-b, b-a) < apart }

// TestReferenceBase draws as many bases as an account may have bots, of which by chance two are near
// once in two million runs, and reads each bit.
func TestReferenceBase(t *testing.T) {
	var drawn []uint64
	for range 100 {
		base := engine.ReferenceBase()
		for _, other := range drawn {
			if near(base, other) {
				t.Errorf("bases %d and %d are %d apart", base, other, min(base-other, other-base))
			}
		}
		drawn = append(drawn, base)
	}
	ones, zeros := uint64(0), uint64(0)
	for range 1000 {
		base := engine.ReferenceBase()
		if base == 0 {
			t.Error("a base is 0")
		}
		ones, zeros = ones|base, zeros|^base
	}
	if ones&zeros != 1<<64-1 {
		t.Errorf("bits that never change: %x", ^(ones & zeros))
	}
}

// TestReferencesOfOneMoment starts engines at the same reading of the clock, and once more after it was
// set back.
func TestReferencesOfOneMoment(t *testing.T) {
	config := engine.Config{Session: session.Config{Token: "t"}}
	var bases []uint64
	for range 2 { // each bubble's clock starts at the same moment
		synctest.Test(t, func(t *testing.T) {
			for range 3 {
				bases = append(bases, baseOf(t, config))
			}
		})
	}
	for i, a := range bases {
		for _, b := range bases[:i] {
			if near(a, b) {
				t.Errorf("bases %d and %d", a, b)
			}
		}
	}
	config.Session.ReferenceBase = 77
	if base := baseOf(t, config); base != 77 {
		t.Errorf("base %d, want the one of the settings", base)
	}
	config.Session.ReferenceBase, config.DisableReferences, config.State.Disable = 0, true, true
	if base := baseOf(t, config); base != 0 {
		t.Errorf("base %d although references are off", base)
	}
}

func baseOf(t *testing.T, config engine.Config) uint64 {
	t.Helper()
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	base := engine.BaseOf(e)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	return base
}
