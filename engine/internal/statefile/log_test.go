package statefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// add adds records that say their index.
func add(l *Log, n int) {
	for range n {
		at := l.Next()
		binary.LittleEndian.PutUint64(l.Add(), at+1)
	}
}

// check reads the log from an index on and returns the index behind it. Records below void may be zero.
func check(t *testing.T, s *Store, from, void uint64) (next uint64) {
	t.Helper()
	records, _, err := s.ReadLog(from)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		at := from + uint64(i)
		if n := binary.LittleEndian.Uint64(r); n != at+1 && (n != 0 || at >= void) {
			t.Fatalf("record %d is %d", at, n-1)
		}
	}
	return from + uint64(len(records))
}

// TestLogCrash adds groups, covers them by images now and then, fails a call, and lets the power go off: all that Sync
// said is durable is read again, in order, and nothing that was not added.
func TestLogCrash(t *testing.T) {
	crashes, failed, turns := 0, 0, 0
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newDisk()
		s := open(t, d, "/d/state")
		l, err := s.NewLog(0)
		if err != nil {
			t.Fatal(err)
		}
		l.usual = 100 * RecordBytes
		covered, durable, void := uint64(0), uint64(0), uint64(0)
		d.failAt = d.calls + 1 + r.IntN(200)
		for range 60 {
			add(l, 1+r.IntN(groupMax/4))
			active := l.active
			err := l.Sync(covered)
			if l.active != active {
				turns++
			}
			if err == nil {
				durable = l.Next()
			} else if failed++; !errors.Is(err, errDisk) {
				t.Fatal(err)
			}
			if r.IntN(4) == 0 {
				covered = durable
			}
			for _, names := range []bool{false, true} {
				crashes++
				after := d.crash(names, r.IntN(2) == 0, r.IntN(200))
				if next := check(t, open(t, after, "/d/state"), covered, void); next < durable || next > l.Next() {
					t.Fatalf("seed %d: %d records, %d are durable, %d were added", seed, next, durable, l.Next())
				}
			}
			if err != nil && r.IntN(2) == 0 {
				l.Void()
				void = l.Next()
			}
		}
	}
	t.Logf("%d crashes, %d failed calls, %d turns", crashes, failed, turns)
}

// TestLogRefused: a log that is changed anywhere before its last group is refused; a change in its last group, or a
// cut, is taken for the end of a log that was not written completely.
func TestLogRefused(t *testing.T) {
	d := newDisk()
	s := open(t, d, "/d/state")
	l, err := s.NewLog(5)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 1} {
		add(l, n)
		if err := l.Sync(0); err != nil {
			t.Fatal(err)
		}
	}
	path := logPath("/d/state", 0)
	good := d.names[path].data
	last := 5 * RecordBytes // of 7: the last group
	for n := range good {
		b := bytes.Clone(good)
		b[n] ^= 1 << (n % 8)
		d.names[path].data = b
		records, torn, err := s.ReadLog(5)
		var typed *Error
		if n < last && (!errors.As(err, &typed) || typed.Path != path || records != nil) ||
			n >= last && (err != nil || !torn || len(records) != 3) {
			t.Errorf("changed at %d: %d records, torn %v, %v", n, len(records), torn, err)
		}
		d.names[path].data = good[:n]
		if records, torn, err := s.ReadLog(5); err != nil || len(records) > 3 ||
			torn != (n != 0 && n != 2*RecordBytes && n != 5*RecordBytes) {
			t.Errorf("cut at %d: %d records, torn %v, %v", n, len(records), torn, err)
		}
	}
	d.names[path].data = good
	if _, _, err := s.ReadLog(4); !errors.Is(err, ErrDamaged) {
		t.Errorf("without a record: %v", err)
	}
	if _, _, err := open(t, d.crash(true, false, 0), "/d/state").ReadLog(5); err != nil {
		t.Error(err)
	}
	other, err := Open(Config{FS: d.crash(true, false, 0), Path: "/d/state", Owner: Owner{9}, Version: 7})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.ReadLog(5); !errors.Is(err, ErrForeign) {
		t.Errorf("another owner: %v", err)
	}
}

// TestLogRoom: a file that is large gives way to the other one if an image covers that, and is refused at its limit.
func TestLogRoom(t *testing.T) {
	d := newDisk()
	s := open(t, d, "/d/state")
	l, err := s.NewLog(0)
	if err != nil {
		t.Fatal(err)
	}
	var want string
	for i := range 4 {
		add(l, 1)
		l.files[l.active].size = LogBytesUsual
		if err := l.Sync(uint64(i)); err != nil {
			t.Fatal(err)
		}
		want += fmt.Sprint(1 - i%2)
		if l.active != 1-i%2 {
			t.Fatalf("file %d after %s", l.active, want)
		}
	}
	add(l, 1)
	l.files[l.active].size = LogBytesMax
	if err := l.Sync(0); !errors.Is(err, ErrFull) {
		t.Errorf("at the limit: %v", err)
	}
	if l.Void(); l.Waiting() || l.Next() != 5 {
		t.Errorf("next is %d", l.Next())
	}
	if err := errors.Join(l.Close(), s.RemoveLog(), s.RemoveLog()); err != nil {
		t.Error(err)
	}
	for i := range groupMax - 1 { // a void one waits
		if l.Full() {
			t.Errorf("full after %d", i)
		}
		add(l, 1)
	}
	if !l.Full() {
		t.Error("not full")
	}
}
