package statefile

import (
	"sync/atomic"
	"time"
)

// Writer writes images on a goroutine of its own. One buffer goes back and forth: while the loop owns it, it fills it
// in; from Put until Free reports true the goroutine owns it. So the loop never waits, nothing is copied, and while
// the disk is slow there are fewer images, each of them as new as it can be.
type Writer struct {
	store *Store
	wake  func() // called after each image, on the goroutine
	buf   []byte
	saved int64

	busy    atomic.Bool
	work    chan struct{}
	idle    chan struct{} // has a value after an image, until Wait takes it
	done    chan struct{} // closed when the goroutine has ended
	err     error         // of the last image; the owner of buf reads it
	written uint64        // images; likewise
}

// NewWriter starts the goroutine. size is that of the largest payload; a larger one is written too.
func NewWriter(s *Store, size int, wake func()) *Writer {
	w := &Writer{
		store: s, wake: wake, buf: make([]byte, HeaderBytes, HeaderBytes+size+TailBytes),
		work: make(chan struct{}, 1), idle: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go w.run()
	return w
}

// Free reports whether the caller owns the buffer.
func (w *Writer) Free() bool { return !w.busy.Load() }

// Buffer returns the buffer, to append a payload to. The caller owns it.
func (w *Writer) Buffer() []byte { return w.buf[:HeaderBytes] }

// Put passes on the buffer with a payload that was made at a clock reading.
func (w *Writer) Put(b []byte, saved int64) {
	w.buf, w.saved = b, saved
	w.busy.Store(true)
	w.work <- struct{}{} // has room: there is one buffer
}

// Result returns how many images were written, and what the last one failed with, nil if it is durable. The caller
// owns the buffer.
func (w *Writer) Result() (written uint64, err error) { return w.written, w.err }

// Wait waits until the caller owns the buffer, at most so long, and reports whether it does.
func (w *Writer) Wait(timeout time.Duration) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for !w.Free() {
		select {
		case <-w.idle:
		case <-timer.C:
			return w.Free()
		}
	}
	return true
}

// Close ends the goroutine once it is idle, and returns a channel that is closed then.
func (w *Writer) Close() <-chan struct{} {
	close(w.work)
	return w.done
}

func (w *Writer) run() {
	defer close(w.done)
	for range w.work {
		w.buf, w.err = w.store.Write(w.buf, w.saved)
		if w.err == nil {
			w.written++
		}
		w.busy.Store(false)
		select {
		case w.idle <- struct{}{}:
		default:
		}
		w.wake()
	}
}
