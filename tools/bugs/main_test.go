package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/smk-go/smk/prove/bugs"
)

// quick are bugs that early days notice: of what a bot knows, of when it acts, and of the exchange that it is held to.
var quick = [...]string{"level-insert-order", "timer-not-armed-again", "sim-position-sign"}

// TestQuickBugsAreNoticed builds with a few of the bugs, and runs a few days of each. All of them are for make bugs.
func TestQuickBugsAreNoticed(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := bugs.All()
	if err != nil {
		t.Fatal(err)
	}
	o := options{root: root, seeds: 150, workers: 2, hang: time.Minute}
	folder, found := t.TempDir(), 0
	for i := range all {
		for _, name := range quick {
			if all[i].Name != name {
				continue
			}
			found++
			if c, err := catch(t.Context(), &o, &all[i], folder); err != nil || !c.Failed {
				t.Errorf("%s: %v, %v", name, c, err)
			}
		}
	}
	if found != len(quick) {
		t.Errorf("%d of the bugs %q are there", found, quick)
	}
}

// TestTable writes a table and reads it.
func TestTable(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	change := []bugs.Change{{File: "engine/book/own.go"}}
	all := []bugs.Bug{
		{Name: "a", Says: "one", Changes: change},
		{Name: "b", Says: "two", Changes: change},
		{Name: "c", Says: "three", Changes: change, Needs: "a disk"},
	}
	lines := map[string]string{
		"a": row(&all[0], caught{Failed: true, Seed: 7, Round: 5, At: time.Second, Invariant: "books"}),
		"b": row(&all[1], caught{Seeds: 100}), "c": needsRow(&all[2]),
	}
	if err := writeTable(name, all, lines); err != nil {
		t.Fatal(err)
	}
	got, err := readTable(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if got[b.Name] != lines[b.Name] {
			t.Errorf("%q instead of %q", got[b.Name], lines[b.Name])
		}
	}
}
