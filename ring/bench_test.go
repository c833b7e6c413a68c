package ring

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// work is a value of the size that a hand-over of an encoded message has.
type work struct {
	n int
	_ [248]byte
}

// consume starts a goroutine that takes values until the returned function
// is called, which also waits for it.
func consume(take func() bool) (stop func()) {
	var done atomic.Bool
	var gone sync.WaitGroup
	gone.Go(func() {
		for !done.Load() {
			if !take() {
				runtime.Gosched()
			}
		}
	})
	return func() { done.Store(true); gone.Wait() }
}

// BenchmarkSPSCHop is one word from one goroutine to another, at full rate.
func BenchmarkSPSCHop(b *testing.B) {
	q, _ := NewSPSC[uint64](1024)
	stop := consume(func() bool { _, ok := q.Pop(); return ok })
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		for !q.Push(1) {
			runtime.Gosched()
		}
	}
}

// BenchmarkSPSCInPlace is 256 bytes from one goroutine to another, in place.
func BenchmarkSPSCInPlace(b *testing.B) {
	q, _ := NewSPSC[work](1024)
	stop := consume(func() bool {
		v := q.Peek()
		if v == nil {
			return false
		}
		q.Release()
		return true
	})
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		v := q.Claim()
		for v == nil {
			runtime.Gosched()
			v = q.Claim()
		}
		v.n++
		q.Publish()
	}
}

// BenchmarkSPSCRoundTrip is one word there and back: two hops, nothing queued.
func BenchmarkSPSCRoundTrip(b *testing.B) {
	there, _ := NewSPSC[uint64](16)
	back, _ := NewSPSC[uint64](16)
	stop := consume(func() bool {
		v, ok := there.Pop()
		return ok && back.Push(v)
	})
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		there.Push(1)
		for back.Peek() == nil {
			runtime.Gosched()
		}
		back.Release()
	}
}

// BenchmarkSPSCAlone is a push and a pop on one goroutine: no line moves.
func BenchmarkSPSCAlone(b *testing.B) {
	q, _ := NewSPSC[uint64](16)
	b.ReportAllocs()
	for b.Loop() {
		q.Push(1)
		q.Pop()
	}
}

// BenchmarkMPSCAlone is a push and a pop on one goroutine: no line moves.
func BenchmarkMPSCAlone(b *testing.B) {
	q, _ := NewMPSC[uint64](16)
	b.ReportAllocs()
	for b.Loop() {
		q.Push(1)
		q.Pop()
	}
}

// BenchmarkMPSCHop is one word from one producer to the consumer.
func BenchmarkMPSCHop(b *testing.B) {
	q, _ := NewMPSC[uint64](1024)
	stop := consume(func() bool { _, ok := q.Pop(); return ok })
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		for !q.Push(1) {
			runtime.Gosched()
		}
	}
}

// BenchmarkMPSCRoundTrip is one word there and back: two hops, nothing queued.
func BenchmarkMPSCRoundTrip(b *testing.B) {
	there, _ := NewMPSC[uint64](16)
	back, _ := NewMPSC[uint64](16)
	stop := consume(func() bool {
		v, ok := there.Pop()
		return ok && back.Push(v)
	})
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		there.Push(1)
		for back.Peek() == nil {
			runtime.Gosched()
		}
		back.Release()
	}
}

// BenchmarkMPSCProducers is GOMAXPROCS producers and the consumer.
func BenchmarkMPSCProducers(b *testing.B) {
	q, _ := NewMPSC[uint64](1024)
	stop := consume(func() bool { _, ok := q.Pop(); return ok })
	defer stop()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			for !q.Push(1) {
				runtime.Gosched()
			}
		}
	})
}

// BenchmarkFrames is the life of one frame of 64 bytes with the ring in its
// steady state: reserve, commit, send, evict.
func BenchmarkFrames(b *testing.B) {
	f, err := NewSendRing(SendRingConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.ReportAllocs()
	seq := uint64(0)
	for b.Loop() {
		seq++
		buf, err := f.Reserve(64)
		if err != nil {
			b.Fatal(err)
		}
		buf[0] = byte(seq)
		f.Commit(64, Record{Seq: seq})
		f.Written(len(f.Pending()))
	}
}

// BenchmarkFramesRefused is a Reserve that finds the ring full of unsent bytes.
func BenchmarkFramesRefused(b *testing.B) {
	f, err := NewSendRing(SendRingConfig{Bytes: 4096})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Reserve(4000); err != nil {
		b.Fatal(err)
	}
	f.Commit(4000, Record{Seq: 1})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Reserve(100); err == nil {
			b.Fatal("not refused")
		}
	}
}
