package backtest

import "testing"

// TestPositionsApart holds positions beside each other: by contract, and of one moment together.
func TestPositionsApart(t *testing.T) {
	fill := func(at int64, contract uint32, side string, n uint64) FillResult {
		return FillResult{At: at, Market: 1, Contract: contract, Side: side, Quantity: n}
	}
	voided := fill(2, 1, "buy", 100)
	voided.Voided = true
	for _, c := range []struct {
		name        string
		live, model []FillResult
		apart, at   int64
	}{
		{"nothing", nil, nil, 0, 0},
		{
			"the same",
			[]FillResult{fill(1, 1, "buy", 5), fill(2, 1, "sell", 9), fill(2, 1, "buy", 4)},
			[]FillResult{fill(1, 1, "buy", 5), fill(2, 1, "buy", 4), fill(2, 1, "sell", 9)},
			0, 0,
		},
		{"later", []FillResult{fill(1, 1, "buy", 5)}, []FillResult{fill(3, 1, "buy", 5)}, 5, 1},
		{"another side", []FillResult{fill(1, 1, "buy", 5)}, []FillResult{fill(3, 1, "sell", 4)}, 9, 3},
		{
			"another contract", []FillResult{fill(1, 1, "buy", 5)}, []FillResult{fill(1, 2, "buy", 6)}, 6, 1,
		},
		{
			"two contracts that make up for each other",
			[]FillResult{fill(1, 1, "buy", 5), fill(2, 2, "sell", 5)},
			nil, 5, 1,
		},
		{"voided", nil, []FillResult{fill(1, 1, "sell", 1), voided}, 1, 1},
	} {
		var m ModelComparison
		m.path(&LiveDay{Fills: c.live}, &Model{Fills: c.model})
		if m.ApartMost != c.apart || m.ApartMostAt != c.at {
			t.Errorf("%s: apart by %d at %d, want %d at %d", c.name, m.ApartMost, m.ApartMostAt, c.apart, c.at)
		}
	}
}
