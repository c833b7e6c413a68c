package journal

import (
	"io"
	"sort"
)

// SeekSeq goes to the first record whose number is at least seq, or the Lost record that stands in for it: Next
// returns it, or [io.EOF] if there is none. It returns what Next returns for what cannot be read.
func (r *Reader) SeekSeq(seq uint64) error {
	return r.seek(func(first *Record) bool { return first.Seq < seq }, func(rec *Record) bool {
		last := rec.Seq
		if rec.Kind == KindLost {
			last = r.s.last
		}
		return last >= seq && !rec.Own
	})
}

// SeekTime goes to the first record, but the writer's own, whose Wall is at least wall, in ns since the Unix epoch:
// Next returns it, or [io.EOF] if there is none. Where the wall clock was set back, it is the first in the last segment
// that begins before. It returns what Next returns for what cannot be read.
func (r *Reader) SeekTime(wall int64) error {
	return r.seek(func(first *Record) bool { return first.Wall < wall },
		func(rec *Record) bool { return rec.Wall >= wall && !rec.Own })
}

// seek goes to the last segment whose first record is before what is wanted, and on to the first record that is
// found.
func (r *Reader) seek(before, found func(*Record) bool) error {
	if r.err == ErrClosed {
		return ErrClosed
	}
	r.kept, r.err, r.judged = false, nil, -1
	if err := r.toSegment(before); err != nil {
		r.err = err
		return err
	}
	for {
		r.read()
		switch {
		case r.err == io.EOF:
			return nil
		case r.err != nil:
			return r.err
		case found(&r.rec):
			r.kept = true
			return nil
		}
	}
}

func (r *Reader) toSegment(before func(*Record) bool) error {
	if r.dir == "" {
		s := r.s
		r.s = &scanner{file: s.file, path: s.path, number: s.number, off: fileHeader}
		return r.s.readHeader()
	}
	if r.s != nil {
		r.s.close()
		r.s = nil
	}
	numbers, err := list(r.c.FS, r.dir)
	if err != nil || len(numbers) == 0 {
		return err
	}
	// The first record of a segment may be missing where it is the last; what is damaged is found by reading.
	n := sort.Search(len(numbers), func(i int) bool {
		s, err := r.open(numbers[i])
		if s == nil || err != nil {
			return i > 0
		}
		defer s.close()
		var first Record
		return s.next(&first) != nil || !before(&first)
	})
	if n > 0 {
		n--
	}
	if r.s, err = r.open(numbers[n]); err != nil || r.s == nil {
		return err
	}
	return r.dropEmpty(nil)
}
