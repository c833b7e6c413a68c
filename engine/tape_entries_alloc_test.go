//go:build !race

package engine

import "testing"

// TestTapeWrittenAllocates: a screen asks of every record of a tape, beside the bot.
func TestTapeWrittenAllocates(t *testing.T) {
	r := tapeOf(1000, []uint64{uint64(tapeRound), 0, 3}, []uint64{uint64(tapeClock), 10},
		[]uint64{uint64(tapeWrite), 200, 200, 0}, []uint64{uint64(tapeClock), 10})
	if n := testing.AllocsPerRun(1000, func() { TapeWritten(r, false) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
