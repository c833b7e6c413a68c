package journal

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

// TestFollow reads a journal on the system's disk while it is being written, through rotations, a clean end and the
// next run.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	const runs, records = 3, 3000
	done := make(chan error, 1)
	r, err := OpenDir(dir, ReaderConfig{Follow: true, Poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := Config{Dir: dir, SegmentBytes: 64 << 10, RingBytes: 16 << 10, OnFull: FullWait}
	go func() {
		var err error
		for range runs {
			var j *Journal
			if j, err = Open(c); err != nil {
				break
			}
			for range records / 5 {
				add(j.Recorder(), 5)
				j.Recorder().Commit()
			}
			if err = j.Close(); err != nil {
				break
			}
		}
		done <- err
	}()
	segments := uint64(0)
	for last := uint64(0); last < runs*records; {
		rec, err := r.Next()
		if err == io.EOF {
			if err = r.Wait(t.Context()); err == nil {
				continue
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		checkRecord(t, rec)
		segments = rec.Segment
		if rec.Own {
			continue
		}
		if last++; rec.Seq != last {
			t.Fatalf("record %d after %d", rec.Seq, last-1)
		}
	}
	if err := <-done; err != nil || segments < 2*runs {
		t.Errorf("%d segments, %v", segments, err)
	}
}

// TestWaitEnds: waiting ends with its context, and at once if there is something.
func TestWaitEnds(t *testing.T) {
	d := newDisk()
	j := open(t, small(d, new(testClock)))
	r, err := OpenDir(testDir, ReaderConfig{FS: d, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := r.Wait(ctx); err != nil { // the beginning of the segment
		t.Error(err)
	}
	if rec, err := r.Next(); err != nil || rec.Kind != KindSegment {
		t.Errorf("%+v, %v", rec, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	cancel()
	if err := r.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	add(j.Recorder(), 2)
	j.Recorder().Commit()
	closed(t, j)
	for range 2 { // waiting twice loses nothing
		if err := r.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if rec, err := r.Next(); err != nil || rec.Seq != 1 {
		t.Errorf("%+v, %v", rec, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Next(); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if err := r.SeekSeq(1); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TestSeek goes to each number of a journal.
func TestSeek(t *testing.T) {
	d, records := smallJournal(t, true)
	r, err := OpenDir(testDir, ReaderConfig{FS: d})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for seq := uint64(records); seq >= 1; seq-- {
		if err := r.SeekSeq(seq); err != nil {
			t.Fatal(err)
		}
		for want := seq; want < min(seq+3, uint64(records)); want++ {
			rec, err := r.Next()
			for err == nil && rec.Own {
				rec, err = r.Next()
			}
			if err != nil || rec.Seq != want {
				t.Fatalf("after seeking %d: %+v, %v", seq, rec, err)
			}
			checkRecord(t, rec)
		}
	}
	for _, seek := range []func() error{
		func() error { return r.SeekSeq(uint64(records) + 1) },
		func() error { return r.SeekTime(2 * testEpoch) },
	} {
		if err := seek(); err != nil {
			t.Error(err)
		}
		if rec, err := r.Next(); err != io.EOF {
			t.Errorf("behind the end: %+v, %v", rec, err)
		}
	}
	one, err := OpenFile(testDir+"/"+fileName(2), ReaderConfig{FS: d})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if err := one.SeekSeq(1); err != nil {
		t.Error(err)
	}
	if rec, err := one.Next(); err != nil || rec.Segment != 2 || rec.Seq == 1 {
		t.Errorf("of one file: %+v, %v", rec, err)
	}
	if err := one.SeekSeq(uint64(records)); err != nil {
		t.Error(err)
	}
	if rec, err := one.Next(); err != io.EOF {
		t.Errorf("behind one file: %+v, %v", rec, err)
	}
}

// TestSeekTime goes to each time of a journal, and between them.
func TestSeekTime(t *testing.T) {
	d, clock := newDisk(), new(testClock)
	c := small(d, clock)
	// The offset is always the same, whatever this goroutine does between two readings of the writer's.
	reading, paired := int64(0), false
	c.Clock = func() int64 {
		if paired {
			paired = false
			return reading
		}
		reading = clock.read()
		return reading
	}
	c.Wall = func() int64 {
		paired = true
		return reading + testEpoch
	}
	j := open(t, c)
	var times []int64
	for j.Stats().Segment < 4 {
		times = append(times, clock.read())
		j.Recorder().Append(KindTape, 0, 0, times[len(times)-1], payloadOf(uint64(len(times))))
		j.Recorder().Commit()
		if len(times)%3 == 0 {
			if err := j.Sync(); err != nil {
				t.Fatal(err)
			}
		}
		clock.advance(10)
	}
	closed(t, j)
	r, err := OpenDir(testDir, ReaderConfig{FS: d})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	walls := make([]int64, 0, len(times))
	for rec := range present(t, r) {
		if !rec.Own {
			walls = append(walls, rec.Wall)
		}
	}
	for i, wall := range walls {
		for _, at := range []int64{wall - 1, wall, wall + 1} {
			want := i
			for want < len(walls) && walls[want] < at {
				want++
			}
			if err := r.SeekTime(at); err != nil {
				t.Fatal(err)
			}
			rec, err := r.Next()
			if want == len(walls) && err == io.EOF {
				continue
			}
			if err != nil || rec.Seq != uint64(want+1) {
				t.Fatalf("time %d: %+v, %v, want %d", at, rec, err, want+1)
			}
		}
	}
}

// TestFollowIdle asks for the end of a journal that does not grow, as a screen does beside a bot: little of it is read
// each time.
func TestFollowIdle(t *testing.T) {
	d := newDisk()
	c := small(d, new(testClock))
	c.SegmentBytes = 4 * readBytes
	j := open(t, c)
	r, err := OpenDir(testDir, ReaderConfig{FS: d, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	seen := 0
	for range 3 {
		add(j.Recorder(), 2)
		j.Recorder().Commit()
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
		for rec := range present(t, r) {
			if checkRecord(t, rec); !rec.Own {
				seen++
			}
		}
		before := d.bytes
		if _, err := r.Next(); err != io.EOF {
			t.Fatal(err)
		}
		if n := d.bytes - before; n > peekBytes {
			t.Errorf("%d bytes are read to find out that there is nothing", n)
		}
	}
	closed(t, j)
	if seen != 6 {
		t.Errorf("%d records", seen)
	}
}

// TestFollowFirstSegmentAnew follows a journal whose first writer was killed before it wrote a record: the next one
// makes the segment anew.
func TestFollowFirstSegmentAnew(t *testing.T) {
	dir := t.TempDir()
	s, diskErr := createSegment(OS{}, dir, 1, segmentBytesMin, 1)
	if diskErr != nil {
		t.Fatal(diskErr)
	}
	if err := s.file.Close(); err != nil {
		t.Fatal(err)
	}
	for _, follow := range []bool{true, false} {
		r, err := OpenDir(dir, ReaderConfig{Follow: follow})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if rec, err := r.Next(); err != io.EOF {
			t.Fatalf("%+v, %v", rec, err)
		}
		if err := r.SeekSeq(1); err != nil {
			t.Error(err)
		}
		defer func() {
			if rec, err := r.Next(); err != nil || rec.Kind != KindSegment {
				t.Errorf("follows %t: %+v, %v", follow, rec, err)
			}
		}()
	}
	j, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	add(j.Recorder(), 5)
	j.Recorder().Commit()
	closed(t, j)
}
