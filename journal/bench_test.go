package journal

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const benchPayload = 100 // bytes: an order, or a small update of a book

// BenchmarkAppend is what the loop pays for a record, beside a copy of as many bytes into a ring of the same size.
func BenchmarkAppend(b *testing.B) {
	payload := make([]byte, benchPayload)
	b.Run("record", func(b *testing.B) {
		j, err := Open(Config{Dir: b.TempDir(), Durability: SyncNone, KeepBytes: 256 << 20})
		if err != nil {
			b.Fatal(err)
		}
		r := j.Recorder()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r.Append(KindInbound, 0, 1, int64(i), payload)
			r.Commit()
			if i&1023 == 1023 { // the loop has other things to do meanwhile
				b.StopTimer()
				_ = j.Sync()
				b.StartTimer()
			}
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		if s := j.Stats(); s.Lost > 0 {
			b.Errorf("%d records lost", s.Lost)
		}
	})
	b.Run("copy", func(b *testing.B) {
		const size = header + (benchPayload+7)&^7
		ring := make([]byte, ringBytesUsual)
		from := make([]byte, size)
		at := 0
		for b.Loop() {
			if at+size > len(ring) {
				at = 0
			}
			copy(ring[at:at+size], from)
			at += size
		}
	})
}

// BenchmarkWriter is how fast records reach the disk cache, beside as many bytes written in blocks of a MiB.
func BenchmarkWriter(b *testing.B) {
	const records = 2_000_000
	size := int64(records * recordSize(benchPayload))
	payload := make([]byte, benchPayload)
	b.Run("journal", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			dir := b.TempDir()
			j, err := Open(Config{Dir: dir, Durability: SyncNone, OnFull: FullWait, SegmentBytes: 1 << 30})
			if err != nil {
				b.Fatal(err)
			}
			r := j.Recorder()
			b.StartTimer()
			began := time.Now()
			for i := range records {
				r.Append(KindInbound, 0, 1, int64(i), payload)
				if i&15 == 15 {
					r.Commit()
				}
			}
			r.Commit()
			for j.Stats().Written < records {
				r.ring.wake()
			}
			took := time.Since(began)
			b.StopTimer()
			b.ReportMetric(records/took.Seconds()/1e6, "Mrec/s")
			b.ReportMetric(float64(size)/took.Seconds()/1e6, "MB/s")
			if s := j.Stats(); s.Lost > 0 {
				b.Errorf("%d records lost", s.Lost)
			}
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
			_ = os.RemoveAll(dir)
			b.StartTimer()
		}
	})
	b.Run("blocks", func(b *testing.B) {
		block := make([]byte, 1<<20)
		for b.Loop() {
			b.StopTimer()
			name := filepath.Join(b.TempDir(), "blocks")
			f, err := os.Create(name)
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			began := time.Now()
			for left := size; left > 0; left -= int64(len(block)) {
				if _, err := f.Write(block); err != nil {
					b.Fatal(err)
				}
			}
			took := time.Since(began)
			b.StopTimer()
			b.ReportMetric(float64(size)/took.Seconds()/1e6, "MB/s")
			_ = f.Close()
			_ = os.Remove(name)
			b.StartTimer()
		}
	})
}

// BenchmarkReader is how fast a journal is read from the disk cache.
func BenchmarkReader(b *testing.B) {
	dir := b.TempDir()
	j, err := Open(Config{Dir: dir, Durability: SyncNone, OnFull: FullWait})
	if err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, benchPayload)
	for i := range 1_000_000 {
		j.Recorder().Append(KindInbound, 0, 1, int64(i), payload)
		j.Recorder().Commit()
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	r, err := OpenDir(dir, ReaderConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	b.ReportAllocs()
	for b.Loop() {
		_, err := r.Next()
		if err == io.EOF {
			err = r.SeekSeq(0)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
