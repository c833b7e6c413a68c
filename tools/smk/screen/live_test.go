package screen

import (
	"bytes"
	"context"
	"testing"
)

// TestLive reads a day with and without its past: both show the same in the end, and what is read is neither kept nor
// copied for a screen that shows the present alone.
func TestLive(t *testing.T) {
	d := newDay(t)
	for range 4 {
		d.trade()
	}
	d.end()
	var shown [2][]byte
	for i, past := range []bool{false, true} {
		l := NewLive(d.dir, Options{Past: past})
		ctx, cancel := context.WithCancel(t.Context())
		err := l.Run(ctx, func(f Frame) {
			if f.Strip.Ended != "" {
				shown[i] = f.JSON()
				cancel()
			}
			if past != (f.First.Record == 1) && f.Record > 0 {
				t.Errorf("past %v: the journal begins at %+v", past, f.First)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !past {
			if l.Timeline != nil {
				t.Error("a past that nobody asked for")
			}
			continue
		}
		if first, last := l.Timeline.Range(); first.Record != 1 || last.Record != l.model.Record() {
			t.Errorf("from %+v to %+v, %d records", first, last, l.model.Record())
		}
		if n := len(l.Timeline.checkpoints); n != 1 {
			t.Errorf("%d checkpoints of %d records", n, l.model.Record())
		}
		if mark, err := l.Timeline.Find(KindFill, 0, false); err != nil || mark.Record == 0 {
			t.Errorf("no fill: %v", err)
		}
		l.Timeline.Close()
	}
	if len(shown[0]) == 0 || !bytes.Equal(shown[0], shown[1]) {
		t.Errorf("without the past:\n%s\nwith it:\n%s", shown[0], shown[1])
	}
}
