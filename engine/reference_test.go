package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/sim"
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

// TestTermOfReferences has runs with terms, with a file and without: each reference has its term, and an order of an
// earlier term is the account's own although the file of its run is lost.
func TestTermOfReferences(t *testing.T) {
	dir := t.TempDir()
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.OnStop, config.Session.RequireCaughtUp = engine.StopLeave, true
		life := func(file string, term uint64) (r *running) {
			if config.State.File = ""; file != "" {
				config.State.File = filepath.Join(dir, file)
			}
			config.ReferenceTerm = term
			r = startInBubble(t, config, func(e *engine.Engine) {
				e.OnCaughtUp(func(*engine.Event) {
					if err := placeSmall(e); err != nil {
						t.Error(err)
					}
				})
			})
			advance(5 * time.Second)
			r.Leave()
			if err := r.wait(); err != nil {
				t.Error(err)
			}
			return r
		}
		terms := func(r *running) map[uint64]int {
			found := make(map[uint64]int)
			for o := range r.Orders() {
				if o.Foreign {
					t.Errorf("order %d of term %d is foreign", o.ID, engine.TermOf(o.Reference))
				}
				found[engine.TermOf(o.Reference)]++
			}
			return found
		}
		life("", 3)
		life("first", 7)
		if got := terms(life("second", 8)); len(got) != 3 || got[3] != 1 || got[7] != 1 || got[8] != 1 {
			t.Errorf("orders by their terms: %v", got)
		}
		if got := terms(life("first", engine.ReferenceTermMax)); len(got) != 4 {
			t.Errorf("orders by their terms: %v", got)
		}
		if n := liveOrders(t, server); n != 4 {
			t.Errorf("%d live orders", n)
		}
		config.ReferenceTerm, config.State.File = 0, filepath.Join(dir, "without")
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		_ = e.Close()
		before, err := os.ReadFile(filepath.Join(dir, "second"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			file string
			term uint64
		}{{"second", 7}, {"second", 8}, {"second", 0}, {"without", 9}} {
			config.ReferenceTerm, config.State.File = c.term, filepath.Join(dir, c.file)
			if _, err := engine.New(config); !errors.Is(err, engine.ErrStateTerm) {
				t.Errorf("%+v: %v", c, err)
			}
		}
		if after, err := os.ReadFile(filepath.Join(dir, "second")); err != nil || string(after) != string(before) {
			t.Errorf("a file that is refused is changed: %v", err)
		}
	})
}

// TestTermIsRefused: a term that leaves no room, or that has no meaning.
func TestTermIsRefused(t *testing.T) {
	for name, change := range map[string]func(c *engine.Config){
		"too large": func(c *engine.Config) { c.ReferenceTerm = engine.ReferenceTermMax + 1 },
		"base":      func(c *engine.Config) { c.Session.ReferenceBase = 5 },
		"none":      func(c *engine.Config) { c.DisableReferences, c.State.Disable = true, true },
	} {
		c := engine.Config{Session: session.Config{Token: "t"}, ReferenceTerm: 1}
		change(&c)
		var refused *engine.ConfigError
		if _, err := engine.New(c); !errors.As(err, &refused) || refused.Field != "ReferenceTerm" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
