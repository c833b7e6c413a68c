package backtest

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// path finds where the positions in a contract are furthest apart. Fills of one moment count together.
func (c *ModelComparison) path(live *LiveDay, m *Model) {
	apart := make(map[bookID]int64) // what live has more
	moved := make(map[bookID]bool)  // in a moment
	ours, theirs := m.Fills, live.Fills
	for len(ours)+len(theirs) > 0 {
		at := int64(math.MaxInt64)
		for _, list := range [][]FillResult{ours, theirs} {
			if len(list) > 0 {
				at = min(at, list[0].At)
			}
		}
		ours = takeMoment(ours, at, -1, apart, moved)
		theirs = takeMoment(theirs, at, 1, apart, moved)
		for id := range moved {
			if d := max(apart[id], -apart[id]); d > c.ApartMost {
				c.ApartMost, c.ApartMostAt = d, at
			}
		}
		clear(moved)
	}
}

// takeMoment adds the fills up to a clock reading, times a sign, to positions, and returns those after them.
func takeMoment(fills []FillResult, at, sign int64, to map[bookID]int64, moved map[bookID]bool) []FillResult {
	for len(fills) > 0 && fills[0].At <= at {
		if f := &fills[0]; !f.Voided {
			n, id := sign*int64(f.Quantity), bookID{f.Market, f.Contract}
			if f.Side == sideText(msg.SideSell) {
				n = -n
			}
			to[id] += n
			moved[id] = true
		}
		fills = fills[1:]
	}
	return fills
}
