package journal

import (
	"errors"
	"io"
	"slices"
	"testing"
)

// FuzzReader reads a folder of one segment whose bytes are arbitrary, and opens it to write on. Nothing panics, what is
// returned is in order, errors are typed, and both agree on where the end is. With mend the checksums are made right
// first, so that what lies behind them is reached.
func FuzzReader(f *testing.F) {
	d := newDisk()
	j := open(f, small(d, new(testClock)))
	add(j.Recorder(), 3)
	j.Recorder().Append2(KindDigest, 0, 0, 0, 1, 2)
	j.Recorder().Commit()
	if err := j.Sync(); err != nil {
		f.Fatal(err)
	}
	left := slices.Clone(d.file(1)[:1024])
	closed(f, j)
	whole := d.file(1)
	lost := slices.Clone(whole)
	for at := fileHeader; at < len(lost); at += recordSize(int(le.Uint32(lost[at+atLength:]))) {
		if Kind(lost[at+atKind]) == KindDigest {
			lost[at+atKind] = uint8(KindLost)
		}
	}
	for _, b := range [][]byte{nil, whole, left, whole[:100], make([]byte, 2*blockBytes), lost} {
		f.Add(b, false)
		f.Add(b, true)
	}
	f.Fuzz(func(t *testing.T, b []byte, mend bool) {
		if b = slices.Clone(b); mend && len(b) >= fileHeader {
			copy(b, fileMagic)
			mendHeader(b)
			mendRecords(b)
		}
		d := newDisk()
		d.names[testDir+"/"+fileName(1)] = &inode{data: b}
		last, err := fuzzRead(t, d)
		var damage *DamageError
		if err != nil && (!errors.As(err, &damage) || damage.Offset < 0 || damage.Offset > int64(len(b))) {
			t.Fatal(err)
		}
		j, opened := Open(small(d, new(testClock)))
		if opened != nil {
			if err == nil || !errors.As(opened, &damage) {
				t.Fatalf("opening: %v, reading: %v", opened, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("opened in spite of %v", err)
		}
		if got := j.Recorder().Seq(); got != last {
			t.Fatalf("goes on behind %d, read up to %d", got, last)
		}
		closed(t, j)
		if again, err := fuzzRead(t, d); err != nil || again != last {
			t.Fatalf("read up to %d, then up to %d, %v", last, again, err)
		}
	})
}

// fuzzRead reads a journal and returns the number of its last record.
func fuzzRead(t *testing.T, d *disk) (last uint64, err error) {
	t.Helper()
	r, err := OpenDir(testDir, ReaderConfig{FS: d})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for known := false; ; known = true {
		rec, err := r.Next()
		if err == io.EOF {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		want := last + 1
		if rec.Own {
			want = last
		}
		if known && rec.Seq != want {
			t.Fatalf("record %d after %d", rec.Seq, last)
		}
		last = rec.Seq
		if rec.Kind == KindLost && !rec.Own {
			info, err := DecodeLost(rec.Payload)
			if err != nil {
				t.Fatal(err)
			}
			last += info.Records - 1
		}
	}
}
