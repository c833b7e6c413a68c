package statefile

import (
	"sync/atomic"
	"time"
)

// Writer makes and writes images on a goroutine of its own, so that the loop waits for neither. While it is slow there
// are fewer images, each of them as new as it can be.
type Writer struct {
	store *Store
	fill  func(b []byte) []byte // appends the payload; on the goroutine
	read  func()                // reads what waits for the next image; likewise
	wake  func()                // called after each image; likewise
	buf   []byte
	saved int64

	inline bool // there is no goroutine: calls do its work

	busy    atomic.Bool
	work    chan bool     // whether an image is asked for
	idle    chan struct{} // has a value after an image, until Wait takes it
	done    chan struct{} // closed when the goroutine has ended
	err     error         // of the last image; for the loop unless busy
	written uint64        // images; likewise
}

// NewWriter starts the goroutine. size is that of the largest payload; a larger one is written too.
func NewWriter(s *Store, size int, fill func([]byte) []byte, read, wake func()) *Writer {
	w := &Writer{
		store: s, fill: fill, read: read, wake: wake, buf: make([]byte, HeaderBytes, HeaderBytes+size+TailBytes),
		work: make(chan bool, 2), idle: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go w.run()
	return w
}

// NewInlineWriter returns a Writer without a goroutine, for programs in which time is virtual: Save and Read do what
// they ask for.
func NewInlineWriter(s *Store, size int, fill func([]byte) []byte, read func()) *Writer {
	return &Writer{
		store: s, fill: fill, read: read, buf: make([]byte, HeaderBytes, HeaderBytes+size+TailBytes), inline: true,
	}
}

// Free reports whether the last image is written, or has failed, so that the next one may be asked for.
func (w *Writer) Free() bool { return !w.busy.Load() }

// Save asks for an image as of a clock reading. The last one has to be written.
func (w *Writer) Save(saved int64) {
	if w.saved = saved; w.inline {
		w.write()
		return
	}
	w.busy.Store(true)
	w.work <- true // has room: there is one image, and Read takes no room from it
}

// Read asks the goroutine to read what waits.
func (w *Writer) Read() {
	if w.inline {
		w.read()
		return
	}
	if len(w.work) == 0 { // and more than one does not get in
		w.work <- false
	}
}

// Result returns how many images were written, and what the last one failed with, nil if it is durable. The last one
// has to be written.
func (w *Writer) Result() (written uint64, err error) { return w.written, w.err }

// Wait waits until the last image is written, at most so long, and reports whether it is.
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
	if w.inline {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	close(w.work)
	return w.done
}

func (w *Writer) run() {
	defer close(w.done)
	for image := range w.work {
		if !image {
			w.read()
			continue
		}
		w.write()
		w.busy.Store(false)
		select {
		case w.idle <- struct{}{}:
		default:
		}
		w.wake()
	}
}

func (w *Writer) write() {
	w.buf, w.err = w.store.Write(w.fill(w.buf[:HeaderBytes]), w.saved)
	if w.err == nil {
		w.written++
	}
}
