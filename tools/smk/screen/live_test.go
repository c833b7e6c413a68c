package screen

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/journal"
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

// TestLiveReplaced removes a journal that is shown, and has another bot begin one in its place.
func TestLiveReplaced(t *testing.T) {
	for name, remove := range map[string]func(dir string) error{
		"folder": os.RemoveAll,
		"files": func(dir string) error {
			entries, err := os.ReadDir(dir)
			for _, e := range entries {
				err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "journal")
			begin := func(name string, records int) {
				j, err := journal.Open(journal.Config{Dir: dir, Name: name, Durability: journal.SyncNone})
				if err != nil {
					t.Fatal(err)
				}
				for range records {
					j.Recorder().Append(journal.KindLog, 0, 0, 1, []byte("level=INFO msg=x"))
					j.Recorder().Commit()
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
			}
			begin("first", 9)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			l := NewLive(dir, Options{Past: true})
			removed := false
			err := l.Run(ctx, func(f Frame) {
				switch {
				case !removed && f.Name == "first" && f.Record == 9:
					removed = true
					if err := remove(dir); err != nil {
						t.Error(err)
					}
				case f.Error != "":
					if !strings.Contains(f.Error, "removed") {
						t.Error(f.Error)
					}
					begin("second", 3)
				case f.Name == "second" && f.Record == 3:
					if f.First.Record != 1 {
						t.Errorf("the past begins at %+v", f.First)
					}
					cancel()
				}
			})
			if err != nil || !removed || l.model.Record() != 3 {
				t.Errorf("%v, removed %t, record %d", err, removed, l.model.Record())
			}
		})
	}
}

// TestLiveOvertaken has the segments that come next be removed because they are old, as while the machine of the screen
// was suspended: what the journal has is shown, from its first record.
func TestLiveOvertaken(t *testing.T) {
	full, dir := t.TempDir(), t.TempDir()
	j, err := journal.Open(journal.Config{
		Dir: full, Name: "long", Durability: journal.SyncNone, SegmentBytes: 16 << 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("level=INFO msg=" + strings.Repeat("x", 200))
	for range 400 {
		j.Recorder().Append(journal.KindLog, 0, 0, 1, line)
		j.Recorder().Commit()
	}
	last := j.Recorder().Seq()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(full, "*.smkj"))
	if err != nil || len(segments) < 5 {
		t.Fatal(segments, err)
	}
	move := func(segment string) {
		if err := os.Rename(segment, filepath.Join(dir, filepath.Base(segment))); err != nil {
			t.Error(err)
		}
	}
	move(segments[0])
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l := NewLive(dir, Options{Past: true})
	overtaken := false
	err = l.Run(ctx, func(f Frame) {
		switch {
		case f.Error != "":
			t.Error(f.Error)
			cancel()
		case !overtaken && f.Record > 0:
			overtaken = true
			if err := os.Remove(filepath.Join(dir, filepath.Base(segments[0]))); err != nil {
				t.Error(err)
			}
			for _, segment := range segments[3:] {
				move(segment)
			}
		case f.Record == last:
			if f.First.Record < 30 || f.Strip.Session != unknown {
				t.Errorf("the past begins at %+v, session %q", f.First, f.Strip.Session)
			}
			cancel()
		}
	})
	if err != nil || !overtaken || l.model.Record() != last {
		t.Errorf("%v, overtaken %t, record %d of %d", err, overtaken, l.model.Record(), last)
	}
}
