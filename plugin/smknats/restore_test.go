package smknats

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// diskLog is a disk that notes what it is asked for.
type diskLog struct {
	started []span
	synced  []string // files
	fails   error    // what start returns
}

// span is a range of a file.
type span struct {
	file        string
	offset, end int64
}

func (d *diskLog) disk() disk {
	return disk{
		start: func(f *os.File, offset, n int64) error {
			d.started = append(d.started, span{f.Name(), offset, offset + n})
			return d.fails
		},
		sync: func(f *os.File) error {
			d.synced = append(d.synced, f.Name())
			return nil
		},
	}
}

// TestRestoreStartsWriting expects that the disk is asked to write each part of a segment while blocks come, once but
// for what is cut, and that a segment is durable before there is a next one.
func TestRestoreStartsWriting(t *testing.T) {
	var d diskLog
	w := &restorer{dir: t.TempDir(), name: "stream", result: &Restored{}, disk: d.disk()}
	first, second := segmentPath(w.dir, 1), segmentPath(w.dir, 2)
	const size = restoreStart/4 + 100
	block := make([]byte, size)
	put := func(id blockID) {
		t.Helper()
		if err := w.write(id, block); err != nil {
			t.Fatal(err)
		}
		if n := w.end.offset - w.started; n >= restoreStart || n < 0 {
			t.Fatalf("segment %d, offset %d: the disk has been asked for what is before %d",
				w.end.segment, w.end.offset,
				w.started)
		}
	}
	for i := range int64(9) {
		put(blockID{segment: 1, offset: i * size})
	}
	for i := range int64(4) {
		put(blockID{segment: 2, offset: i * size})
	}
	if !slices.Equal(d.synced, []string{first}) {
		t.Fatalf("synced when the second segment is written: %v", d.synced)
	}
	put(blockID{segment: 2, offset: size, cut: true}) // the third and the fourth block are void
	for i := range int64(3) {
		put(blockID{segment: 2, offset: (2 + i) * size})
	}
	if err := w.finish(nil); err != nil {
		t.Fatal(err)
	}
	want := []span{
		{first, 0, restoreStart},
		{first, restoreStart, 2 * restoreStart},
		{second, 0, restoreStart},
		{second, 2 * size, restoreStart},
	}
	if !slices.Equal(d.started, want) {
		t.Errorf("started %v, want %v", d.started, want)
	}
	if !slices.Equal(d.synced, []string{first, second}) {
		t.Errorf("synced in the end: %v", d.synced)
	}
	// Another Restore goes on behind what is there.
	d = diskLog{fails: os.ErrInvalid}
	w = &restorer{dir: w.dir, name: "stream", result: &Restored{}, disk: d.disk(), end: w.end}
	for i := range int64(2) {
		put(blockID{segment: 2, offset: (5 + i) * size})
	}
	err := w.write(blockID{segment: 2, offset: 7 * size}, block)
	wantError(t, err, os.ErrInvalid)
	if want := []span{{second, 5 * size, 2 * restoreStart}}; !slices.Equal(d.started, want) {
		t.Errorf("started %v, want %v", d.started, want)
	}
}

// TestRestoreTwice expects that a folder which had everything is made durable, too: the Restore that wrote it may have
// been killed before it had done that.
func TestRestoreTwice(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 15)
	w.add(50, 900)
	p := run(t, s, config(w.dir), nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	to := t.TempDir()
	restore(t, s, w.dir, to)
	var d diskLog
	defer func(before disk) { systemDisk = before }(systemDisk)
	systemDisk = d.disk()
	if r := restore(t, s, w.dir, to); r.Blocks != 0 || !slices.Equal(d.synced, []string{segmentPath(to, r.Segment)}) {
		t.Fatalf("%+v; synced %v", r, d.synced)
	}
	refused := errors.New("disk")
	systemDisk.sync = func(*os.File) error { return refused }
	_, err := Restore(t.Context(), s.JetStream(), "test", "an.account", to)
	wantError(t, err, refused)
}

// TestRestoreHole expects that a folder whose last segment has a hole, as after a power cut within a Restore, is not
// written on, and that one which lacks only its end is.
func TestRestoreHole(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 16)
	p := run(t, s, config(w.dir), nil)
	for p.Stats().Offset < 20<<10 {
		w.add(5, 900)
		p.until("log", func(s Stats) bool { return s.Record == w.last() })
	}
	to := t.TempDir()
	r := restore(t, s, w.dir, to)
	for _, size := range []int64{r.Offset - 1, 10_000, fileHeader, fileHeader - 1, 0} {
		if err := os.Truncate(segmentPath(to, r.Segment), size); err != nil {
			t.Fatal(err)
		}
		restore(t, s, w.dir, to)
	}
	f, err := os.OpenFile(segmentPath(to, r.Segment), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	const hole = 8 << 10
	_, err = f.WriteAt(make([]byte, 4<<10), hole)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Restore(t.Context(), s.JetStream(), "test", "an.account", to)
	var other *MismatchError
	if !errors.As(err, &other) || other.Segment != r.Segment || other.Offset > hole {
		t.Fatalf("%v, want the block of segment %d with offset %d", err, r.Segment, hole)
	}
}
