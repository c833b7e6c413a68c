package journal

import (
	"context"
	"io"
	"time"
)

// ReaderConfig says how a journal is read. The zero value reads what is there.
type ReaderConfig struct {
	// Follow reads a journal that is being written: at its end Next does not read the rest of the segment, claimed
	// in advance, to find out whether it is empty.
	Follow bool
	// Poll is how often Wait looks again; 0 for 20 ms.
	Poll time.Duration
	FS   FS // nil for the system's
}

// Reader reads the records of a journal in order. It belongs to one goroutine, and may read while the journal is
// being written by another process.
type Reader struct{}

// OpenDir opens the journal in a folder, at its first record. It returns a [*DiskError] if the folder cannot be read.
// A folder without a segment is a journal without records.
func OpenDir(dir string, c ReaderConfig) (*Reader, error) { return nil, ErrClosed }

// OpenFile opens one segment alone, as if it were the last of its journal.
func OpenFile(path string, c ReaderConfig) (*Reader, error) { return nil, ErrClosed }

// Next returns the next record, which is valid until the next call. At the end it returns [io.EOF]; later calls
// go on if something was appended. It returns a [*DamageError] for a place that is neither a record nor the end
// of a last segment that was not written completely, and that again for each later call until Seek; and a
// [*DiskError] for what the system refused.
func (r *Reader) Next() (*Record, error) { return nil, io.EOF }

// Wait waits until Next may find something that was not there when it returned [io.EOF]. It returns the context's
// error if that ends first.
func (r *Reader) Wait(ctx context.Context) error { return nil }

// Torn returns how many bytes at the end are of records that were not written completely, after Next returned
// [io.EOF].
func (r *Reader) Torn() int64 { return 0 }

// SeekSeq goes to the first record whose number is at least seq: Next returns it, or [io.EOF] if there is none.
func (r *Reader) SeekSeq(seq uint64) error { return nil }

// SeekTime goes to the first record whose Wall is at least wall, in ns since the Unix epoch: Next returns it, or
// [io.EOF] if there is none.
func (r *Reader) SeekTime(wall int64) error { return nil }

// Close closes the reader.
func (r *Reader) Close() error { return nil }
