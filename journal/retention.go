package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// retention removes the oldest segments, those that tools have compressed included. It belongs to the preparer, for
// a folder may have many.
type retention struct {
	fs      FS
	dir     string
	bytes   int64 // of all segments at most, 0 for no limit
	age     int64 // ns since the last record of a segment, 0 for no limit
	created map[uint64]int64
}

type kept struct {
	number uint64
	name   string
	size   int64
}

// apply removes what is too much, or older than wall allows, of the segments before current.
func (r *retention) apply(current uint64, wall int64) {
	if r.bytes == 0 && r.age == 0 {
		return
	}
	names, err := r.fs.ReadDir(r.dir)
	if err != nil {
		return // the next time
	}
	var segments []kept
	total := int64(0)
	for _, name := range names {
		number, _, ok := numberOf(name)
		if !ok {
			continue
		}
		size := r.measure(number, name)
		total += size
		segments = append(segments, kept{number, name, size})
	}
	slices.SortFunc(segments, func(a, b kept) int {
		if a.number != b.number {
			return int(int64(a.number) - int64(b.number))
		}
		return strings.Compare(a.name, b.name)
	})
	for i, s := range segments {
		tooMuch := r.bytes > 0 && total > r.bytes
		if s.number >= current || !tooMuch && !r.old(segments[i+1:], s.number, wall) {
			return
		}
		// Each removal is durable before the next, so that a power cut leaves no gap.
		if r.fs.Remove(filepath.Join(r.dir, s.name)) != nil || r.fs.SyncDir(r.dir) != nil {
			return
		}
		delete(r.created, s.number)
		total -= s.size
	}
}

// old reports whether the segment behind one with a number was begun too long ago, and so was its last record.
func (r *retention) old(behind []kept, number uint64, wall int64) bool {
	if r.age == 0 {
		return false
	}
	for _, s := range behind {
		if at, ok := r.created[s.number]; ok && s.number > number {
			return wall-at > r.age
		}
	}
	return false
}

// measure returns the size of a segment, and takes note of when it was begun.
func (r *retention) measure(number uint64, name string) (size int64) {
	path := filepath.Join(r.dir, name)
	if _, ok := r.created[number]; !ok && strings.HasSuffix(name, fileEnding) {
		if s, err := openScanner(r.fs, path, number); err == nil {
			if !s.empty {
				r.created[number] = s.created
			}
			s.close()
			return s.size
		}
	}
	f, err := r.fs.Open(path, os.O_RDONLY)
	if err != nil {
		return 0
	}
	size, _ = f.Size()
	_ = f.Close()
	return size
}
