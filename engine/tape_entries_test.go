package engine

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/journal"
)

// tapeOf makes a record of entries: of each an op and its numbers.
func tapeOf(at int64, entries ...[]uint64) *journal.Record {
	r := &journal.Record{Kind: journal.KindTape, At: at, Seq: 7}
	for _, e := range entries {
		r.Payload = append(r.Payload, byte(e[0]))
		for _, n := range e[1:] {
			r.Payload = binary.AppendUvarint(r.Payload, n)
		}
	}
	return r
}

func TestTapeWritten(t *testing.T) {
	round, clock := []uint64{uint64(tapeRound), 0, 3}, []uint64{uint64(tapeClock), 10}
	wrote := []uint64{uint64(tapeWrite), 200, 200, 0}
	part, nothing := []uint64{uint64(tapeWrite), 200, 100, 0}, []uint64{uint64(tapeWrite), 0, 0, 0}
	unknown := []uint64{uint64(tapeOps)}
	for _, c := range []struct {
		name      string
		entries   [][]uint64
		open      bool // before
		at        int64
		stillOpen bool
		ok        bool
	}{
		{"nothing", nil, false, 0, false, false},
		{"still open", nil, true, 0, true, false},
		{"readings", [][]uint64{round, clock, clock}, false, 0, false, false},
		{"a write", [][]uint64{round, clock, wrote, clock, clock, clock}, false, 980, false, true},
		{"the last reading", [][]uint64{round, clock, clock, wrote, clock}, false, 1000, false, true},
		{"two writes", [][]uint64{wrote, clock, clock, wrote, clock}, false, 980, false, true},
		{"a part, and the rest", [][]uint64{part, clock, wrote, clock, clock}, false, 990, false, true},
		{"no bytes", [][]uint64{nothing, clock}, false, 0, false, false},
		{"the reading comes later", [][]uint64{clock, wrote}, false, 0, true, false},
		{"the write came before", [][]uint64{round, clock, clock}, true, 990, false, true},
		{"damage behind it", [][]uint64{wrote, clock, unknown}, false, 0, false, false},
		{"damage before it", [][]uint64{unknown, wrote, clock}, false, 0, false, false},
		{"a reading that is cut", [][]uint64{wrote, clock, {uint64(tapeClock)}}, false, 0, false, false},
	} {
		at, open, ok := TapeWritten(tapeOf(1000, c.entries...), c.open)
		if ok != c.ok || ok && at != c.at || open != c.stillOpen {
			t.Errorf("%s: %d, %v, %v", c.name, at, open, ok)
		}
	}
}

// TestTapeWrittenByEntries compares with what TapeEntries says of random records.
func TestTapeWrittenByEntries(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 2000 {
		var entries [][]uint64
		for range rnd.IntN(12) {
			n := rnd.Uint64N(300)
			entries = append(entries, [][]uint64{
				{uint64(tapeClock), n},
				{uint64(tapeClock), n << 20},
				{uint64(tapeRound), 1, n},
				{uint64(tapeRead), n, n, 0},
				{uint64(tapeWrite), n, n, 0},
				{uint64(tapeWrite), n + 1, n, 0},
				{uint64(tapeDigest), n << 40},
				{uint64(tapeSaved), n},
			}[rnd.IntN(8)])
		}
		r := tapeOf(1e12, entries...)
		open := rnd.IntN(4) == 0
		wantAt, wantOpen, want := int64(0), open, false
		for e, err := range TapeEntries(r) {
			switch {
			case err != nil:
				t.Fatal(err)
			case want:
			case e.Kind == TapeWrite && e.Bytes > 0 && e.Bytes == e.Offered:
				wantOpen = true
			case e.Kind == TapeClock && wantOpen:
				wantAt, wantOpen, want = e.At, false, true
			}
		}
		if want {
			found++
		}
		if at, is, ok := TapeWritten(r, open); ok != want || is != wantOpen || ok && at != wantAt {
			t.Fatalf("%v: %d, %v, %v, want %d, %v, %v", entries, at, is, ok, wantAt, wantOpen, want)
		}
	}
	if found < 200 {
		t.Errorf("only %d records had what is looked for", found)
	}
}

// TestTapeEntriesCut: each beginning of a record ends with its end or with an error, and the readings stay in order.
func TestTapeEntriesCut(t *testing.T) {
	whole := tapeOf(5000, []uint64{uint64(tapeRound), 1, 300}, []uint64{uint64(tapeClock), 1000},
		[]uint64{uint64(tapeRead), 2, 924, 0}, []uint64{uint64(tapeClock), 700},
		[]uint64{uint64(tapeWrite), 228, 228, 0}, []uint64{uint64(tapeClock), 300})
	clean := 0
	for n := range len(whole.Payload) + 1 {
		r := *whole
		r.Payload = whole.Payload[:n]
		last, failed := int64(0), false
		for e, err := range TapeEntries(&r) {
			if failed {
				t.Fatal("an entry behind an error")
			}
			if err != nil {
				var replay *ReplayError
				if failed = true; !errors.As(err, &replay) || replay.Record != 7 {
					t.Fatal(err)
				}
				continue
			}
			if e.At < last || e.At > r.At {
				t.Fatalf("cut at %d: %+v after %d", n, e, last)
			}
			last = e.At
		}
		if !failed {
			clean++
		}
	}
	if clean != 7 {
		t.Errorf("%d beginnings are whole", clean)
	}
}
