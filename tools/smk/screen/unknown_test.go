package screen

import (
	"testing"

	"github.com/smk-go/smk/journal"
)

// TestUnknown reads a journal whose oldest segments were removed, with what the run's log said of session and mode: a
// bot that was halted then is not shown as active, until the log says something.
func TestUnknown(t *testing.T) {
	m := New(Options{})
	if s := m.Picture().Strip; s.Session != notStarted {
		t.Errorf("without a record: %+v", s)
	}
	apply := func(seq uint64, kind journal.Kind, text string) Strip {
		m.Apply(&journal.Record{Seq: seq, Kind: kind, Payload: []byte(text), Wall: int64(seq)})
		return m.Picture().Strip
	}
	if s := apply(1000, journal.KindTape, ""); s.Session != unknown || s.Mode != unknown {
		t.Errorf("in the middle of a run: session %q, mode %q", s.Session, s.Mode)
	}
	s := apply(1001, journal.KindLog, `level=WARN msg="mode is halted" by=api`)
	if s.Mode != "halted" || s.Session != unknown {
		t.Errorf("after a halt: session %q, mode %q", s.Session, s.Mode)
	}
	if s := apply(1002, journal.KindLog, `level=INFO msg="session established"`); s.Session != "established" ||
		s.Mode != "halted" {
		t.Errorf("after a login: session %q, mode %q", s.Session, s.Mode)
	}
	if s := apply(1003, journal.KindStart, ""); s.Session != "starting" || s.Mode != "active" {
		t.Errorf("the next run: session %q, mode %q", s.Session, s.Mode)
	}
}
