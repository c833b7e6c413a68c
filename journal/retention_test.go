package journal

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// segmentNames returns the names of the segments, sorted.
func (d *disk) segmentNames() (names []string) {
	all, _ := d.ReadDir(testDir)
	for _, name := range all {
		if strings.Contains(name, fileEnding) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestKeepBytes: the oldest segments go, those that are compressed too, and never the one that is being written.
func TestKeepBytes(t *testing.T) {
	d, clock := newDisk(), new(testClock)
	c := small(d, clock)
	for run := range 4 {
		if run == 3 {
			first := testDir + "/" + fileName(1)
			d.names[first+".zst"] = d.names[first]
			delete(d.names, first)
			c.KeepBytes = 4 * segmentBytesMin
		}
		j := open(t, c)
		for range 60 {
			add(j.Recorder(), 5)
			j.Recorder().Commit()
			if err := j.Sync(); err != nil {
				t.Fatal(err)
			}
		}
		closed(t, j)
	}
	names := d.segmentNames()
	if len(names) < 3 || len(names) > 5 || names[0] < fileName(5) {
		t.Errorf("left: %q", names)
	}
	if got := readDisk(t, d); got.err != nil || got.last != 1200 || got.records[0] == 1 {
		t.Errorf("%d records up to %d, %v", len(got.records), got.last, got.err)
	}
	c.KeepBytes = 1
	j := open(t, c)
	for s := j.Stats(); s.Segment == j.Stats().Segment; {
		add(j.Recorder(), 5)
		j.Recorder().Commit()
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, j)
	if got := readDisk(t, d); got.err != nil || got.last != j.Recorder().Seq() {
		t.Errorf("%d records up to %d, %v", len(got.records), got.last, got.err)
	}
}

// TestKeepFor: segments whose last record is too old go, also while nothing is written.
func TestKeepFor(t *testing.T) {
	d, clock := newDisk(), new(testClock)
	c := small(d, clock)
	c.KeepFor = time.Hour
	for range 3 {
		closed(t, open(t, c))
		clock.advance(int64(10 * time.Minute))
	}
	j := open(t, c)
	if names := d.segmentNames(); len(names) != 4 {
		t.Errorf("%q", names)
	}
	clock.advance(int64(55 * time.Minute)) // the second was begun 75 minutes ago, the third 65, the fourth 55
	for tries := 0; len(d.segmentNames()) > 2 && tries < 100_000; tries++ {
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	for range 20 {
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, j)
	if names := d.segmentNames(); !slices.Equal(names, []string{fileName(3), fileName(4)}) {
		t.Errorf("left: %q", names)
	}
}

// TestGC: the writer notes that garbage was collected.
func TestGC(t *testing.T) {
	d, clock := newDisk(), new(testClock)
	j := open(t, small(d, clock))
	runtime.GC()
	clock.advance(2 * int64(gcEvery))
	written := j.Stats().Bytes
	for tries := 0; j.Stats().Bytes == written && tries < 100_000; tries++ {
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, j)
	v, err := Verify(testDir, ReaderConfig{FS: d})
	if err != nil || v.Kinds[KindGC] == 0 || v.Records != 0 {
		t.Errorf("%d records, %v", v.Kinds[KindGC], err)
	}
	r, err := OpenDir(testDir, ReaderConfig{FS: d})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind != KindGC {
			continue
		}
		if info, err := DecodeGC(rec.Payload); err != nil || !rec.Own || info.Collections == 0 || info.PauseMax <= 0 ||
			info.Pause < info.PauseMax {
			t.Errorf("%+v, %v", info, err)
		}
		break
	}
}

// TestOvertaken reads a journal so slowly that what follows is removed before it is read: the reader says so, and that
// nothing is damaged. A hole is damage.
func TestOvertaken(t *testing.T) {
	d := newDisk()
	c := small(d, new(testClock))
	c.KeepBytes = 3 * segmentBytesMin
	j := open(t, c)
	grow := func(segments uint64) {
		t.Helper()
		for from := j.Stats().Segment; j.Stats().Segment < from+segments; {
			add(j.Recorder(), 5)
			j.Recorder().Commit()
			if err := j.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	grow(1)
	r, err := OpenDir(testDir, ReaderConfig{FS: d, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	read := func() (err error) {
		for err == nil {
			_, err = r.Next()
		}
		return err
	}
	grow(9)
	var damage *DamageError
	if err := read(); !errors.As(err, &damage) || !errors.Is(err, ErrRemoved) || errors.Is(err, ErrDamaged) ||
		damage.Segment != 2 {
		t.Errorf("overtaken: %v", err)
	}
	closed(t, j)
	if err := r.SeekSeq(1); err != nil { // to what there is
		t.Fatal(err)
	}
	if err := read(); err != io.EOF {
		t.Errorf("what is kept: %v", err)
	}
	names := d.segmentNames()
	delete(d.names, testDir+"/"+names[1])
	if err := r.SeekSeq(1); err != nil {
		t.Fatal(err)
	}
	if err := read(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a hole: %v", err)
	}
}
