package betfair

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// openMax is how many files may overlap in time: each takes some megabytes while it is open.
const openMax = 256

// ErrOverlap is the error of an import of more files that overlap in time than are read together.
var ErrOverlap = fmt.Errorf("more than %d files overlap in time", openMax)

// merge imports files in the order of the times of their lines: Betfair has a file for each market, and a day of them
// at the same time.
type merge struct {
	ctx          context.Context
	malformedMax int
	convert      *converter
	files        []*file // that are open, in the order in which they were named
}

// file is a file that is read.
type file struct {
	name   string
	index  int   // among the files that were named
	begin  int64 // ms since 1970 of the first line; 0 if none is well formed, or of a pipe
	handle *os.File
	lines  *bufio.Reader
	number int     // of the line that was read last
	next   *change // nil at the end
}

// run imports files.
func (m *merge) run(names []string) error {
	waiting := make([]*file, len(names))
	for i, name := range names {
		begin, err := m.begin(name)
		if err != nil {
			return err
		}
		waiting[i] = &file{name: name, index: i, begin: begin}
	}
	slices.SortStableFunc(waiting, func(a, b *file) int { return int(min(max(a.begin-b.begin, -1), 1)) })
	for {
		f := m.earliest()
		if len(waiting) > 0 && (f == nil || waiting[0].begin <= f.next.Time) {
			f, waiting = waiting[0], waiting[1:]
			if len(m.files) == openMax {
				return fmt.Errorf("%s: %w", f.name, ErrOverlap)
			}
			m.files = append(m.files, f)
			if err := m.open(f); err != nil {
				return err
			}
		} else if f == nil {
			return nil
		} else {
			if err := m.convert.apply(f.next); err != nil {
				return err
			}
			if err := m.advance(f); err != nil {
				return err
			}
		}
		if f.next != nil {
			continue
		}
		m.files = slices.DeleteFunc(m.files, func(open *file) bool { return open == f })
		if err := f.close(); err != nil {
			return err
		}
	}
}

// begin returns file.begin of a file. It is 0 of a pipe, which can be read once, and is open from the start on.
func (m *merge) begin(name string) (ms int64, err error) {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return 0, err
	}
	f := &file{name: name}
	peek := &merge{ctx: m.ctx, convert: &converter{report: new(Report)}}
	if err = peek.open(f); err == nil && f.next != nil {
		ms = f.next.Time
	}
	return ms, errors.Join(err, f.close())
}

// earliest returns the file whose next line is the earliest, nil if none is open.
func (m *merge) earliest() (first *file) {
	at := int64(math.MaxInt64)
	for _, f := range m.files {
		if t := f.next.Time; t < at || t == at && f.index < first.index {
			first, at = f, t
		}
	}
	return first
}

// close closes the files that are open.
func (m *merge) close() (err error) {
	for _, f := range m.files {
		err = errors.Join(err, f.close())
	}
	return err
}

// open opens a file and reads its first well-formed line.
func (m *merge) open(f *file) (err error) {
	if f.handle, err = os.Open(f.name); err != nil {
		return err
	}
	r, err := decompress(bufio.NewReaderSize(f.handle, 1<<16))
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, cutOff(err))
	}
	f.lines = bufio.NewReaderSize(r, 1<<16)
	return m.advance(f)
}

func (f *file) close() error {
	if f.handle == nil {
		return nil
	}
	err := f.handle.Close()
	f.handle, f.lines = nil, nil
	return err
}

// cutOff says what the error of a compressed file that is cut off means.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the compressed file is cut off here: %w", err)
	}
	return err
}

// advance reads the next well-formed line.
func (m *merge) advance(f *file) error {
	report := m.convert.report
	for f.next = nil; ; {
		if f.number++; f.number%1000 == 0 && m.ctx.Err() != nil {
			return context.Cause(m.ctx)
		}
		line, err := readLine(f.lines)
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err != nil && err != io.EOF && !errors.Is(err, errLong) {
			return fmt.Errorf("%s: line %d: %w", f.name, f.number, cutOff(err))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 && err == nil {
			continue
		}
		report.Lines++
		if !errors.Is(err, errLong) {
			f.next, err = parse(line)
		}
		if err == nil {
			return nil
		}
		report.Malformed++
		if len(report.Named) < namedMax {
			report.Named = append(report.Named, fmt.Sprintf("%s: line %d: %v", f.name, f.number, err))
		}
		if m.malformedMax > 0 && report.Malformed > m.malformedMax {
			return fmt.Errorf("%w: more than %d; %s: line %d: %w", ErrMalformed, m.malformedMax, f.name, f.number, err)
		}
	}
}
