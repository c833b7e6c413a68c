package main

import (
	"strings"
	"testing"

	"github.com/smk-go/smk/backtest"
)

// TestSweepWarnings says of which settings a warning is, unless it is of all.
func TestSweepWarnings(t *testing.T) {
	result := func(skew string, warnings ...string) *backtest.Result {
		return &backtest.Result{
			Settings: backtest.Settings{Labels: map[string]string{"skew": skew}}, Warnings: warnings,
			Models: []backtest.Model{{Figures: backtest.Figures{Adverse: make([]backtest.Adverse, 3)}}},
		}
	}
	var b strings.Builder
	results := []*backtest.Result{result("1", "approximate"), result("2", "approximate", "cut off")}
	if err := writeResultsText(&b, results, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"warning: approximate\n", "warning: skew=2: cut off\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not said:\n%s", want, b.String())
		}
	}
}
