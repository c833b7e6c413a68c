package backtest

import (
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/sim/exchange"
)

// TestCompare compares days with their own backtests, and with those of a bot that leaves a contract out.
func TestCompare(t *testing.T) {
	for seed := uint64(1); seed < 5; seed++ {
		d := record(t, dayConfig{
			seed: seed, duration: 20 * time.Second, rate: 120, turn: proofTurn, most: 30_000, oneSide: true,
		})
		rec, err := Open(d.dir)
		if err != nil {
			t.Fatal(err)
		}
		c := Config{
			Recording: rec, Seed: seed, Winners: d.winners(), Balance: 100_000 * exchange.Currency, Commission: -1,
		}
		r, err := Run(c, botConfig(seed), d.again(proofTurn))
		if err != nil {
			t.Fatal(err)
		}
		same, err := Compare(rec, r, 0)
		if err != nil {
			t.Fatal(err)
		}
		if same.Live.Profit != d.cash {
			t.Errorf("seed %d: the live day made %v, in truth %v", seed, same.Live.Profit, d.cash)
		}
		for i := range same.Models {
			m := &same.Models[i]
			checkSums(t, &same.Live, m, &r.Models[i])
			if m.Matched*10 < same.Live.Filled*8 {
				t.Errorf("seed %d, %s: matched %d of %d", seed, m.Queue, m.Matched, same.Live.Filled)
			}
			for _, cause := range m.Causes {
				if cause.Text == causeNoOrder || cause.Text == causeOtherPrice {
					t.Errorf("seed %d, %s: %+v, but the orders are the same", seed, m.Queue, cause)
				}
			}
		}
		for n, list := range d.actions { // without the orders for a contract
			d.actions[n] = slices.DeleteFunc(list, func(a action) bool { return a.limit.Contract == 1000 })
		}
		if r, err = Run(c, botConfig(seed), d.again(proofTurn)); err != nil {
			t.Fatal(err)
		}
		half, err := Compare(rec, r, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range half.Models {
			m := &half.Models[i]
			checkSums(t, &half.Live, m, &r.Models[i])
			for _, f := range m.Fills {
				if f.Contract == 1000 && (f.What != whatMissed || f.Cause != causeNoOrder) {
					t.Errorf("seed %d, %s: the backtest has no order for contract 1000: %+v", seed, m.Queue, f)
				}
			}
			if m.Missed == 0 || len(m.Causes) == 0 || m.LargestCause != m.Causes[0].Text {
				t.Errorf("seed %d, %s: missed %d, because %q, of %+v", seed, m.Queue, m.Missed, m.LargestCause,
					m.Causes)
			}
		}
	}
}

// checkSums expects every fill of both days to be counted once.
func checkSums(t *testing.T, live *LiveDay, m *ModelComparison, model *Model) {
	t.Helper()
	filled := model.Figures.Bought + model.Figures.Sold
	if m.Matched+m.Missed != live.Filled || m.Matched+m.Invented != filled {
		t.Errorf("%s: matched %d, missed %d, invented %d, of %d live and %d", m.Queue, m.Matched, m.Missed, m.Invented,
			live.Filled, filled)
	}
	if m.Difference != model.Profit-live.Profit {
		t.Errorf("%s: a difference of %v, of %v and %v", m.Queue, m.Difference, model.Profit, live.Profit)
	}
}
