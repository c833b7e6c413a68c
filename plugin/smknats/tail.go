package smknats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/smk-go/smk/journal"
)

// tail reads a journal that grows as a sequence of blocks from a place on. A block ends where a record ends, but for
// records that are longer than a block.
type tail struct {
	dir    string
	reader *journal.Reader
	size   int // of a block at most

	at    place  // of the first byte that no block has had
	buf   []byte // bytes from at on, of one segment
	spare []byte // of the block before
	used  int    // of buf that the last block had
	whole mark   // the end of the last record that a block has room for
	last  mark   // the end of buf

	next  []byte // of a record that begins a new segment, while buf has bytes of the one before
	ahead place
}

// mark is the end of a record in the buffer.
type mark struct {
	n      int
	record uint64
	wall   int64
	sealed bool // it is the last one of its segment
}

// block is a piece of a journal, of one segment.
type block struct {
	place
	mark
	part bool   // it ends within a record
	data []byte // valid until the second call after it
}

// openTail returns a tail that begins at a place, behind the beginning of a record.
func openTail(dir string, at place, record uint64, size int, poll time.Duration) (*tail, error) {
	r, err := journal.OpenDir(dir, journal.ReaderConfig{Follow: true, Poll: poll})
	if err != nil {
		return nil, err
	}
	if record > 0 {
		if err := r.SeekSeq(record); err != nil {
			_ = r.Close()
			return nil, gapOr(dir, at, err)
		}
	}
	m := mark{record: record}
	return &tail{dir: dir, reader: r, size: size, at: at, spare: make([]byte, 0, size), whole: m, last: m}, nil
}

// gapOr makes a GapError of the error about a segment that is not there any more.
func gapOr(dir string, at place, err error) error {
	var damage *journal.DamageError
	if first, _, e := segments(dir); e == nil && errors.As(err, &damage) && at.segment != 0 && first > at.segment {
		return &GapError{dir, at.segment, at.offset, first}
	}
	return err
}

// read returns the next block, and false if the journal has no more at the moment.
func (t *tail) read() (b block, ok bool, err error) {
	t.drop()
	for len(t.buf) < t.size && t.next == nil {
		r, err := t.reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return block{}, false, gapOr(t.dir, t.at, err)
		}
		if err := t.add(r); err != nil {
			return block{}, false, err
		}
	}
	if len(t.buf) == 0 {
		return block{}, false, nil
	}
	b = block{t.at, t.whole, false, nil}
	if b.n == 0 {
		b.n, b.part = t.size, true
	}
	t.used, b.data = b.n, t.buf[:b.n]
	return b, true, nil
}

// drop forgets what the last block had.
func (t *tail) drop() {
	if t.used == 0 {
		return
	}
	rest := append(t.spare[:0], t.buf[t.used:]...)
	t.spare, t.buf, t.at.offset = t.buf, rest, t.at.offset+int64(t.used)
	n := len(rest)
	t.last.n, t.used = n, 0
	t.whole.n = 0
	t.fit()
	if n == 0 && t.next != nil {
		m := t.last
		t.at, t.buf, t.next = t.ahead, append(t.buf, t.next...), nil
		t.last = mark{len(t.buf), m.record, m.wall, false}
		t.fit()
	}
}

// fit notes that a block has room for all of the buffer, if it has.
func (t *tail) fit() {
	if t.last.n <= t.size {
		t.whole = t.last
	}
}

// add adds a record to what is to be read.
func (t *tail) add(r *journal.Record) error {
	end := place{t.at.segment, t.at.offset + int64(len(t.buf))}
	begin := place{r.Segment, r.Offset}
	raw := r.Raw
	switch {
	case begin.segment < end.segment || begin.segment == end.segment && begin.offset+int64(len(raw)) <= end.offset:
		return nil // before the place
	case begin.segment == end.segment && begin.offset <= end.offset:
		raw = raw[end.offset-begin.offset:] // a record that the last block had in part
	case begin.offset == fileHeader && (end.segment == 0 || begin.segment == end.segment+1):
		header, err := readSegment(t.dir, begin.segment, 0, fileHeader)
		if err != nil {
			return fmt.Errorf("smknats: %w", err)
		}
		raw = append(header, raw...)
		if len(t.buf) > 0 {
			t.next, t.ahead = raw, place{begin.segment, 0}
			return nil
		}
		t.at = place{begin.segment, 0}
	default:
		return &GapError{t.dir, end.segment, end.offset, begin.segment}
	}
	t.buf = append(t.buf, raw...)
	t.last.n, t.last.wall, t.last.sealed = len(t.buf), r.Wall, r.Own && r.Kind == journal.KindSeal
	if !r.Own {
		t.last.record = r.Seq
	}
	t.fit()
	return nil
}

// wait waits until there may be more to read.
func (t *tail) wait(ctx context.Context) error { return t.reader.Wait(ctx) }

// gone reports whether the journal was removed, or another one is in its place.
func (t *tail) gone() bool {
	gone, _ := t.reader.Replaced()
	return gone
}

func (t *tail) close() { _ = t.reader.Close() }
