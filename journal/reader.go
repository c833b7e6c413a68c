package journal

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
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
type Reader struct {
	c       ReaderConfig
	dir     string // empty if it reads one file
	s       *scanner
	rec     Record
	kept    bool  // rec or err is what Next returns next
	err     error // a *DamageError or *DiskError; or that of what is kept
	torn    int64
	judged  int64 // offset of the place that was found to be the end, or -1
	judgedB [header]byte
}

func newReader(dir string, c ReaderConfig) *Reader {
	c.Poll = orUsual(c.Poll, pollUsual)
	if c.FS == nil {
		c.FS = OS{}
	}
	return &Reader{c: c, dir: dir, judged: -1}
}

// OpenDir opens the journal in a folder, at its first record. It returns a [*DiskError] if the folder cannot be read,
// and a [*DamageError] if the first segment has no header. A folder without a segment is a journal without records.
func OpenDir(dir string, c ReaderConfig) (*Reader, error) {
	r := newReader(dir, c)
	if err := r.openFirst(); err != nil {
		return nil, err
	}
	return r, nil
}

// OpenFile opens one segment alone, as if it were the last of its journal.
func OpenFile(path string, c ReaderConfig) (*Reader, error) {
	r := newReader("", c)
	var err error
	if r.s, err = openScanner(r.c.FS, path, 0); err != nil {
		return nil, err
	}
	return r, nil
}

// Next returns the next record, which is valid until the next call. At the end it returns [io.EOF]; later calls
// go on if something was appended. It returns a [*DamageError] for a place that is neither a record nor the end
// of a last segment that was not written completely, and a [*DiskError] for what the system refused; either again
// for each later call until a seek.
func (r *Reader) Next() (*Record, error) {
	if !r.kept {
		r.read()
	}
	if r.err == nil || r.err == io.EOF {
		r.kept = false
	}
	if r.err != nil {
		return nil, r.err
	}
	return &r.rec, nil
}

// read reads a record into rec, or sets err.
func (r *Reader) read() {
	if r.err != nil && r.err != io.EOF {
		return
	}
	for {
		again, err := r.step()
		if !again {
			r.err = err
			return
		}
	}
}

// step reads a record, or moves on and reports that it is to be called again.
func (r *Reader) step() (again bool, err error) {
	if r.s == nil {
		if err := r.openFirst(); err != nil {
			return false, err
		}
		if r.s == nil {
			return false, io.EOF
		}
	}
	if err := r.s.next(&r.rec); err != io.EOF {
		r.torn = 0
		return false, err
	}
	if r.s.sealed {
		if r.dir == "" {
			return false, io.EOF
		}
		return r.advance()
	}
	return r.judge()
}

// judge decides what the place is at which the segment has no record.
func (r *Reader) judge() (again bool, err error) {
	var b [header]byte
	seen, err := r.s.view(r.s.off, header)
	if err != nil {
		return false, err
	}
	copy(b[:], seen)
	if r.judged == r.s.off && r.judgedB == b {
		return false, io.EOF // as it was
	}
	later, err := r.hasLater(r.s.number)
	if err != nil {
		return false, err
	}
	var v verdict
	if !later && (!r.c.Follow || b != [header]byte{}) {
		if v, err = r.s.judge(); err != nil {
			return false, err
		}
	}
	if v.damaged || later {
		// The writer may have written the record meanwhile, and more behind it.
		if err := r.s.refresh(); err != nil {
			return false, err
		}
		record, err := r.s.parse(r.s.off)
		switch {
		case err != nil || record != nil:
			return record != nil, err
		case later:
			return false, r.s.damage(r.s.off, "no record, in a segment that is not the last")
		}
		return false, r.s.damage(r.s.off, "no record, but some behind it")
	}
	r.torn, r.judged, r.judgedB = v.torn, r.s.off, b
	return false, io.EOF
}

// list returns the numbers of the segments that can be read, sorted.
func list(fs FS, dir string) (numbers []uint64, err error) {
	names, err := fs.ReadDir(dir)
	if err != nil {
		return nil, &DiskError{dir, "read", 0, err}
	}
	for _, name := range names {
		if number, plain, ok := numberOf(name); ok && plain {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// open opens a segment. It returns nil if there is none.
func (r *Reader) open(number uint64) (*scanner, error) {
	s, err := openScanner(r.c.FS, filepath.Join(r.dir, fileName(number)), number)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return s, err
}

// openFirst opens the first segment if there is one.
func (r *Reader) openFirst() error {
	for range openTries {
		numbers, err := list(r.c.FS, r.dir)
		if err != nil || len(numbers) == 0 {
			return err
		}
		if r.s, err = r.open(numbers[0]); err != nil || r.s != nil {
			return r.dropEmpty(err)
		}
	}
	return &DiskError{r.dir, "open", 0, fs.ErrNotExist}
}

// dropEmpty leaves a first segment that has no record yet for a later call: if its writer was killed, the next one
// makes it anew.
func (r *Reader) dropEmpty(err error) error {
	if err != nil {
		return err
	}
	begun, err := r.begun(r.s)
	if err != nil || begun {
		return err
	}
	later, err := r.hasLater(r.s.number)
	switch {
	case err != nil:
		return err
	case later && !r.s.empty:
		return nil // reading it finds the damage
	}
	empty := r.s
	r.s = nil
	defer empty.close()
	if later {
		return empty.damage(0, "header of the file")
	}
	return nil
}

// begun reports whether a segment has records, or what may have been some.
func (r *Reader) begun(s *scanner) (bool, error) {
	if s.empty {
		return false, nil
	}
	b, err := s.view(fileHeader, header)
	if err != nil {
		return false, err
	}
	for _, v := range b {
		if v != 0 {
			return true, nil
		}
	}
	if r.c.Follow {
		return false, nil
	}
	end, err := s.lastByte(fileHeader)
	return end >= 0, err
}

// hasLater reports whether there is a segment with records behind the one with a number.
func (r *Reader) hasLater(number uint64) (bool, error) {
	if r.dir == "" {
		return false, nil
	}
	numbers, err := list(r.c.FS, r.dir)
	if err != nil {
		return false, err
	}
	i, found := slices.BinarySearch(numbers, number+1)
	if !found || i+1 < len(numbers) {
		return i < len(numbers), nil
	}
	s, err := r.open(number + 1)
	if s == nil || err != nil {
		return false, err
	}
	defer s.close()
	return r.begun(s)
}

// advance goes from a segment that is sealed to the next.
func (r *Reader) advance() (again bool, err error) {
	number := r.s.number + 1
	later, err := r.hasLater(number - 1)
	if err != nil || !later {
		return false, orEOF(err)
	}
	s, err := r.open(number)
	switch {
	case err != nil:
		return false, err
	case s == nil:
		return false, r.missing(number)
	case s.empty:
		s.close()
		return false, s.damage(0, "header of the file")
	}
	s.known, s.last = true, r.s.last
	r.s.close()
	r.s, r.judged = s, -1
	return true, nil
}

// missing returns the error about a segment behind the one that was read. If nothing of what was written before it is
// there any more, it was removed with that; a hole is damage.
func (r *Reader) missing(number uint64) error {
	numbers, err := list(r.c.FS, r.dir)
	if err != nil {
		return err
	}
	cause := ErrDamaged
	if len(numbers) == 0 || numbers[0] > number {
		cause = ErrRemoved
	}
	return &DamageError{filepath.Join(r.dir, fileName(number)), number, 0, "segment is missing", cause}
}

func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// Wait waits until Next has something else to return than [io.EOF]. It returns the context's error if that ends
// first.
func (r *Reader) Wait(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if !r.kept {
			r.read()
		}
		if r.err != io.EOF {
			r.kept = true
			return nil
		}
		timer.Reset(r.c.Poll)
	}
}

// Replaced reports whether the segment that is read is not in the folder any more, or is another one: the journal was
// removed, and maybe begun anew. Next does not notice, because the file stays readable as long as it is open. A segment
// that was removed because it was old has a later one.
func (r *Reader) Replaced() (bool, error) {
	if r.s == nil || r.dir == "" {
		return false, nil
	}
	now, err := r.open(r.s.number)
	switch {
	case now != nil:
		defer now.close()
		return now.salt != r.s.salt || now.created != r.s.created, nil
	case err != nil:
		return false, err
	}
	later, err := r.hasLater(r.s.number)
	if errors.Is(err, fs.ErrNotExist) { // the folder is gone
		return true, nil
	}
	return !later && err == nil, err
}

// Torn returns how many bytes at the end are of records that were not written completely, after Next returned
// [io.EOF].
func (r *Reader) Torn() int64 { return r.torn }

// Close closes the files.
func (r *Reader) Close() error {
	if r.s != nil {
		r.s.close()
	}
	r.err, r.kept = ErrClosed, false
	r.s = nil
	return nil
}
