package odds

import (
	"slices"
	"testing"
)

func TestTickIterators(t *testing.T) {
	ticks := slowLadder()
	bounds := slices.Clone(invalidPrices)
	eachPrice(func(p Price) { bounds = append(bounds, p) })
	var got []Price
	for _, p := range bounds {
		check := func(what string, want []Price) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Fatalf("%s %d: %v, want %v", what, uint16(p), got, want)
			}
			got = got[:0]
		}
		got = slices.AppendSeq(got, TicksAbove(p))
		check("above", slowAbove(ticks, p, false))
		got = slices.AppendSeq(got, TicksFrom(p))
		check("from", slowAbove(ticks, p, true))
		got = slices.AppendSeq(got, TicksBelow(p))
		check("below", slowBelow(ticks, p, false))
		got = slices.AppendSeq(got, TicksDownFrom(p))
		check("down from", slowBelow(ticks, p, true))
	}
	if all := slices.Collect(TicksAbove(0)); len(all) != TickCount {
		t.Errorf("%d ticks above 0", len(all))
	}
	if all := slices.Collect(TicksBelow(65535)); len(all) != TickCount {
		t.Errorf("%d ticks below everything", len(all))
	}
}

func TestTickIteratorsStop(t *testing.T) {
	n := 0
	for range TicksFrom(5000) {
		n++
		break
	}
	for range TicksBelow(5000) {
		n++
		break
	}
	if n != 2 {
		t.Errorf("%d ticks", n)
	}
}
