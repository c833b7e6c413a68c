package backtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/sim/exchange"
)

// TestSweep carries out runs side by side: they come to what one alone comes to, in order, and a failure is named.
func TestSweep(t *testing.T) {
	d := record(t, dayConfig{seed: 3, duration: 5 * time.Second, rate: 120, turn: proofTurn, most: 30_000})
	rec, err := Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	run := func(i int) (*Result, error) {
		c := Config{Recording: rec, Queues: []exchange.Queue{exchange.Queue(i % 3)}, Seed: 3, Winners: d.winners()}
		return Run(c, botConfig(3), d.again(proofTurn))
	}
	done := 0
	results, err := Sweep(6, 3, run, func(n int) { done = n })
	if err != nil || done != 6 {
		t.Fatal(err, done)
	}
	for i := range 3 {
		a, b := results[i].Models[0], results[i+3].Models[0]
		if a.Queue != exchange.Queue(i).String() || a.Digest != b.Digest || a.Figures.Orders == 0 {
			t.Errorf("run %d: %s %s, %s %s", i, a.Queue, a.Digest, b.Queue, b.Digest)
		}
	}
	joined := Join(results[:3]...)
	if len(joined.Models) != 3 || joined.Band.FilledLow > joined.Band.FilledHigh {
		t.Errorf("joined: %d models, %+v", len(joined.Models), joined.Band)
	}
	broken := errors.New("broken")
	results, err = Sweep(4, 1, func(i int) (*Result, error) {
		if i == 1 {
			return nil, broken
		}
		return run(i)
	}, nil)
	if !errors.Is(err, broken) || err.Error() != "run 2 of 4: broken" {
		t.Error(err)
	}
	if len(results) != 4 || results[0] == nil || results[1] != nil || results[2] != nil {
		t.Errorf("results of a run that failed: %v", results)
	}
	if _, err := Sweep(1, 1, func(int) (*Result, error) { return nil, nil }, nil); err == nil {
		t.Error("no error of a run without a result")
	}
}

// TestJoinWarnings joins the runs of one setting: what went wrong in any of them is said.
func TestJoinWarnings(t *testing.T) {
	first := &Result{Warnings: []string{"all"}, Models: []Model{{Queue: "pessimistic"}}}
	second := &Result{Warnings: []string{"all", "cut off"}, Models: []Model{{Queue: "optimistic"}}}
	r := Join(first, second)
	if !slices.Equal(r.Warnings, []string{"all", "cut off"}) || len(r.Models) != 2 || len(first.Warnings) != 1 {
		t.Errorf("warnings %q of %d models", r.Warnings, len(r.Models))
	}
}
