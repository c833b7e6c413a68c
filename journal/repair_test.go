package journal

import (
	"errors"
	"maps"
	"slices"
	"testing"
)

// TestRepair changes bytes of a small journal in every segment: a copy of what is before the damage has the records
// that a reader returned, without an error, and can be written on; the journal stays as it was.
func TestRepair(t *testing.T) {
	d, _ := smallJournal(t, true)
	config := small(d, new(testClock))
	config.Dir = "copy"
	repaired := 0
	for number := uint64(1); number <= 3; number++ {
		b := d.file(number)
		_, end := lastRecord(b)
		for off := 0; off < end; off += 97 {
			b[off] ^= 1 << (off % 8)
			before := slices.Clone(b)
			got := readDisk(t, d)
			r, err := Repair(testDir, "copy", ReaderConfig{FS: d})
			if err != nil || (r.Damage != nil) != (got.err != nil) || r.Damage != nil && r.Damage.Segment != number ||
				int(r.Records) != len(got.records) || r.Damage != nil && r.LeftOut == 0 {
				t.Fatalf("segment %d, byte %d: %v, %+v, a reader found %v and %d records", number, off, err, r, got.err,
					len(got.records))
			}
			if !slices.Equal(d.file(number), before) {
				t.Fatal("the journal was changed")
			}
			if _, err := Repair(testDir, "copy", ReaderConfig{FS: d}); r.Records > 0 && !errors.Is(err, ErrExists) {
				t.Fatalf("again: %v", err)
			}
			if r.Damage != nil {
				repaired++
			}
			if off%5 == 0 {
				j := open(t, config)
				j.Recorder().Append(KindLog, 0, 1, 1, []byte("more"))
				j.Recorder().Commit()
				closed(t, j)
				if v, err := Verify("copy", ReaderConfig{FS: d}); err != nil || v.Records != r.Records+1 {
					t.Fatalf("segment %d, byte %d: written on: %v, %d records after %d", number, off, err, v.Records,
						r.Records)
				}
			}
			maps.DeleteFunc(d.names, func(name string, _ *inode) bool { return name[:4] == "copy" })
			b[off] ^= 1 << (off % 8)
		}
	}
	if repaired < 100 {
		t.Errorf("%d repaired", repaired)
	}
	if r, err := Repair(testDir, "copy", ReaderConfig{FS: d}); err != nil || r.Damage != nil || r.LeftOut != 0 {
		t.Errorf("without damage: %+v, %v", r, err)
	}
}

// TestRepairFails has the disk fail in the middle of the copy: a part of it must not be taken for the whole.
func TestRepairFails(t *testing.T) {
	d, _ := smallJournal(t, true)
	for _, op := range []string{"write", "sync", "open"} {
		copied := 0
		d.setFail(func(_ int, call, name string) error {
			if call == "open" && name == fileName(2) {
				copied++
			}
			if copied >= 2 && call == op { // the first is of the check
				return errDisk
			}
			return nil
		})
		_, err := Repair(testDir, "copy", ReaderConfig{FS: d})
		d.setFail(nil)
		if there, listed := segmentsOf(d, "copy"); !errors.Is(err, errDisk) || listed != nil || len(there) > 0 {
			t.Errorf("%s fails: %v, and %q is left", op, err, there)
		}
	}
}
