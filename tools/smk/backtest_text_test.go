package main

import (
	"strings"
	"testing"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/sim/exchange"
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

// TestUnderQueues claims no more of the queue than each of the results has.
func TestUnderQueues(t *testing.T) {
	result := func(queues ...exchange.Queue) *backtest.Result {
		r := &backtest.Result{}
		for _, q := range queues {
			r.Models = append(r.Models, backtest.Model{Queue: q.String()})
		}
		return r
	}
	const low, middle, high = exchange.QueuePessimistic, exchange.QueueProportional, exchange.QueueOptimistic
	for want, results := range map[string][]*backtest.Result{
		"whatever the queue was":              {result(low, middle, high), result(high, middle, low)},
		"if the queue was pessimistic or opt": {result(low, high), result(low, middle, high)},
		"if the queue was proportional;":      {result(middle), result(middle)},
		"which says nothing":                  {result(low), result(high)},
	} {
		if got := underQueues(results...); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSetOfAddress refuses to replace where the recorded market listens.
func TestSetOfAddress(t *testing.T) {
	for _, name := range []string{"addr", "host", "port"} {
		_, err := combinations([]string{"skew=1,2", name + "=1,2"})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := combinations([]string{"skew=1,2", "size=1,2"}); err != nil || len(all) != 4 {
		t.Errorf("%v, %v", all, err)
	}
}
