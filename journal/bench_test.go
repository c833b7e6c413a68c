package journal

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

const benchPayload = 100 // bytes: an order, or a small update of a book

// BenchmarkAppend is what the loop pays for a record, in rounds of 8 with a commit for each record or for all, while
// the writer works beside it, and what a copy of as many bytes into a ring of the same size costs. It reports
// medians.
func BenchmarkAppend(b *testing.B) {
	payload := make([]byte, benchPayload)
	const burst, size = 8, header + (benchPayload+7)&^7
	for _, each := range []bool{true, false} {
		b.Run(map[bool]string{true: "commit-each", false: "commit-round"}[each], func(b *testing.B) {
			j, err := Open(Config{Dir: b.TempDir(), Durability: SyncNone, KeepBytes: 256 << 20})
			if err != nil {
				b.Fatal(err)
			}
			r := j.Recorder()
			record := medianOf(b, burst, func() {
				for i := range burst {
					r.Append(KindInbound, 0, 1, int64(i), payload)
					if each {
						r.Commit()
					}
				}
				r.Commit()
			})
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
			ring, at := make([]byte, ringBytesUsual), 0
			from := make([]byte, size)
			plain := medianOf(b, burst, func() {
				for range burst {
					if at+size > len(ring) {
						at = 0
					}
					copy(ring[at:at+size], from)
					at += size
				}
			})
			b.ReportMetric(record, "ns/record")
			b.ReportMetric(plain, "ns/copy")
			b.ReportMetric(record/plain, "x-copy")
			b.ReportMetric(float64(j.Stats().Lost), "lost")
		})
	}
}

// BenchmarkAppendAlone is the same without a writer on another core, in a ring that stays in the cache: the
// instructions alone.
func BenchmarkAppendAlone(b *testing.B) {
	payload := make([]byte, benchPayload)
	c := Config{RingBytes: 1 << 16, SegmentBytes: 1 << 20}
	r := newRecorder(&c, newRing(c.RingBytes), 0, new(atomic.Uint64))
	r.wakeAt = uint32(c.RingBytes)
	const burst = 256
	b.ReportMetric(medianOf(b, burst, func() {
		r.ring.head.Store(r.pos)
		for i := range burst {
			r.Append(KindInbound, 0, 1, int64(i), payload)
			r.Commit()
		}
	}), "ns/record")
}

// medianOf returns how long one of the n things that f does takes, in ns: the median of rounds that are 5 us apart, as
// a loop's are, without what reading the clock takes.
func medianOf(b *testing.B, n int, f func()) float64 {
	var all []float64
	for i := 0; i < b.N || i < 100; i++ {
		before := time.Now()
		start := time.Now()
		f()
		end := time.Now()
		all = append(all, float64(end.Sub(start)-start.Sub(before))/float64(n))
		for time.Since(end) < 5*time.Microsecond {
		}
	}
	slices.Sort(all)
	return all[len(all)/2]
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
