package journal

import (
	"io"
	"path/filepath"
	"sync"
)

// Journal is a journal that is being written: a ring, and the goroutine that empties it into files.
type Journal struct {
	recorder *Recorder
	ring     *ring
	writer   *writer
	count    *counters
	lock     io.Closer
	close    sync.Once
}

// Open opens the journal in a folder to write on behind what is there, in a new segment. An end that was not written
// completely is cut off. It returns a [*ConfigError] for a setting out of its limits, a [*DamageError] if the last
// segment is damaged, and a [*DiskError] for what the system refused; that one wraps [ErrInUse] if there is another
// writer.
func Open(c Config) (*Journal, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := c.FS.MkdirAll(c.Dir); err != nil {
		return nil, &DiskError{c.Dir, "make", 0, err}
	}
	path := filepath.Join(c.Dir, lockName)
	lock, held, err := c.FS.Lock(path)
	if held {
		err = ErrInUse
	}
	if err != nil {
		return nil, &DiskError{path, "lock", 0, err}
	}
	end, err := recoverDir(&c)
	if err == nil && end.number >= SegmentsMax {
		err = &ConfigError{"Dir", "has the last segment that there can be"}
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	c.Failed = inTurn(c.Failed)
	hung := &DiskError{c.Dir, "write", c.OnFailure, ErrHangs}
	j := &Journal{ring: newRing(c.RingBytes), count: &counters{hung: hung}, lock: lock}
	j.count.synced.Store(end.seq)
	j.count.written.Store(end.seq)
	j.count.drained.Store(end.seq)
	j.recorder = newRecorder(&c, j.ring, end.seq, &j.count.synced)
	if j.writer, err = newWriter(&c, j, end); err != nil {
		_ = lock.Close()
		return nil, err
	}
	if c.Failed != nil {
		j.recorder.patience.ended = func() { go c.Failed(hung) } // the loop's goroutine has waited long enough
	}
	go j.writer.run()
	return j, nil
}

// Recorder returns the loop's end of the journal, always the same.
func (j *Journal) Recorder() *Recorder { return j.recorder }

// Sync writes what was committed before the call and makes it durable. Any goroutine may call it. It returns the
// [*DiskError] of a disk that fails, and [ErrClosed] after Close.
func (j *Journal) Sync() error {
	answer := make(chan error, 1)
	select {
	case j.writer.requests <- answer:
		return <-answer
	case <-j.writer.done:
		return ErrClosed
	}
}

// Close writes what was committed, makes it durable and ends the writer. The Recorder must not be used any more.
// Close returns the [*DiskError] of a disk that failed and did not work again. Closing again returns the same.
func (j *Journal) Close() error {
	j.close.Do(func() {
		close(j.writer.stop)
		<-j.writer.done
		_ = j.lock.Close()
	})
	return j.writer.result
}

// Stats returns what the journal did so far. Any goroutine may ask.
func (j *Journal) Stats() Stats { return j.count.stats(j.ring) }
