package journal

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Repaired is what Repair copied.
type Repaired struct {
	Report
	Damage  *DamageError // nil if there is none, and all was copied
	LeftOut int64        // bytes of segments behind the damage
}

// Repair copies a damaged journal up to the damage to another folder, in which there must not be one, where it can be
// read, and written on by [Open]. What is behind the damage stays in the journal, which is not changed. The error is
// [ErrExists], a [*DiskError], or an error of [Verify] that is no damage; there is no copy then.
func Repair(from, to string, c ReaderConfig) (r Repaired, err error) {
	if c.FS == nil {
		c.FS = OS{}
	}
	if _, err := Verify(from, c); err != nil && !errors.As(err, &r.Damage) {
		return r, err
	}
	if err := c.FS.MkdirAll(to); err != nil {
		return r, &DiskError{to, "make", 0, err}
	}
	if there, err := segmentsOf(c.FS, to); err != nil || len(there) > 0 {
		if err == nil {
			err = &DiskError{to, "copy", 0, ErrExists}
		}
		return r, err
	}
	names, err := segmentsOf(c.FS, from)
	if err != nil {
		return r, err
	}
	for i, name := range names {
		number, _, _ := numberOf(name)
		size := int64(-1) // all of it
		if d := r.Damage; d != nil && number == d.Segment && d.Offset > fileHeader {
			size = d.Offset
		} else if d != nil && number >= d.Segment {
			size = 0
		}
		left, err := copySegment(c.FS, filepath.Join(from, name), filepath.Join(to, name), size)
		if err != nil { // a part of the copy would be taken for the whole
			return r, errors.Join(err, removeCopied(c.FS, to, names[:i+1]))
		}
		r.LeftOut += left
	}
	if err := c.FS.SyncDir(to); err != nil {
		return r, &DiskError{to, "sync", 0, err}
	}
	r.Report, err = Verify(to, c)
	return r, err
}

// removeCopied removes the segments of a copy, so far as they are there.
func removeCopied(fs FS, to string, names []string) error {
	there, err := segmentsOf(fs, to)
	if err != nil {
		return err
	}
	for _, name := range there {
		if !slices.Contains(names, name) {
			continue
		}
		if err := fs.Remove(filepath.Join(to, name)); err != nil {
			return &DiskError{to, "remove", 0, err}
		}
	}
	return nil
}

// segmentsOf returns the names of the segments in a folder, in order.
func segmentsOf(fs FS, dir string) ([]string, error) {
	names, err := fs.ReadDir(dir)
	if err != nil {
		return nil, &DiskError{dir, "list", 0, err}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		_, _, ok := numberOf(name)
		return !ok
	})
	slices.Sort(names)
	return names, nil
}

// copySegment copies the first bytes of a file, all of it if size is negative, and returns how many it leaves out.
func copySegment(fs FS, from, to string, size int64) (left int64, err error) {
	in, err := fs.Open(from, os.O_RDONLY)
	if err != nil {
		return 0, &DiskError{from, "open", 0, err}
	}
	defer func() { _ = in.Close() }()
	whole, err := in.Size()
	if err != nil {
		return 0, &DiskError{from, "size", 0, err}
	}
	if size < 0 {
		size = whole
	}
	if left = whole - size; size == 0 {
		return left, nil
	}
	out, err := fs.Open(to, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return left, &DiskError{to, "create", 0, err}
	}
	b := make([]byte, readBytes)
	for at := int64(0); at < size && err == nil; {
		var n int
		n, err = in.ReadAt(b[:min(int64(len(b)), size-at)], at)
		if n > 0 {
			_, err = out.WriteAt(b[:n], at)
		} else if err == nil {
			err = io.ErrUnexpectedEOF
		}
		at += int64(n)
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return left, &DiskError{to, "copy", 0, err}
	}
	return left, nil
}
