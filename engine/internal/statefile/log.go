package statefile

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"

	"github.com/smk-go/smk/internal/marks"
)

// The log consists of blocks. A group of records that became durable together is a block that describes them, and
// a block for each.
//
//	0  magic   8  owner, its first bytes   16 index of the first record   24 how many
//	28 CRC-32C of all before and of the records                           32 zero
const (
	// RecordBytes is the size of a record.
	RecordBytes = 64

	// LogBytesMax is the size of one of the log's two files at which nothing more is appended. Above
	// LogBytesUsual the other one is used if an image covers what it has.
	LogBytesMax   = 64 << 20
	LogBytesUsual = 1 << 20

	groupMagic  = 0x31474f4c4b4d53 // "SMKLOG1"
	groupSum    = 28
	groupHeader = 32
	groupMax    = 256 // records that wait at most
)

// Log is records that are durable when Sync has returned. It belongs to one goroutine, which waits for the disk.
type Log struct {
	store  *Store
	files  [2]logFile
	active int
	next   uint64 // index of the next record
	buf    []byte // a group that is not written
	void   int    // how much of it Void has voided, or is the group's header
	broken bool   // the active file may have more than size
	usual  int64  // LogBytesUsual, but in tests
}

type logFile struct {
	path string
	file File
	size int64
	next uint64 // index behind its last record
}

// ReadLog reads the records from an index on, which an image does not cover. torn says that the end of a file was
// not written completely: what it had did not become durable, so nobody went on after it. The error is an
// [*Error].
func (s *Store) ReadLog(from uint64) (records [][]byte, torn bool, err error) {
	var parts [2]part
	for i := range parts {
		if parts[i], err = s.readPart(logPath(s.config.Path, i)); err != nil {
			return nil, false, err
		}
		torn = torn || parts[i].torn
	}
	if parts[1].first < parts[0].first {
		parts[0], parts[1] = parts[1], parts[0]
		marks.Hit(marks.LogPartsSwapped)
	}
	next := from
	for _, p := range parts {
		end := p.first + uint64(len(p.records))
		if len(p.records) == 0 || end <= next {
			marks.Hit(marks.LogPartCovered)
			continue
		}
		if p.first > next {
			marks.Hit(marks.LogRecordsMissing)
			return nil, torn, Damaged(p.path, 0, "records before its first are missing")
		}
		records = append(records, p.records[next-p.first:]...)
		next = end
	}
	return records, torn, nil
}

// Names returns the files that a Store with a path and its logs read.
func Names(path string) []string { return []string{path, logPath(path, 0), logPath(path, 1)} }

func logPath(path string, i int) string { return path + [...]string{".log0", ".log1"}[i] }

// part is what one file of the log has.
type part struct {
	path    string
	first   uint64
	records [][]byte
	torn    bool
}

func (s *Store) readPart(path string) (p part, err error) {
	p.path = path
	f, err := s.config.FS.Open(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, &Error{path, -1, "open", err}
	}
	b, err := readAll(f, path, 2*LogBytesMax)
	_ = f.Close()
	if err != nil {
		return p, err
	}
	for at := 0; at < len(b); {
		first, n, ok := parseGroup(b[at:])
		switch {
		case !ok && laterGroup(b[at:]):
			marks.Hit(marks.LogDamaged)
			return p, Damaged(path, int64(at), "checksum of records")
		case !ok:
			p.torn = true
			marks.Hit(marks.LogTorn)
			return p, nil
		case [8]byte(b[at+8:]) != [8]byte(s.config.Owner[:8]):
			marks.Hit(marks.LogForeign)
			return p, &Error{path, int64(at) + 8, "owner", ErrForeign}
		case at == 0:
			p.first = first
		case first != p.first+uint64(len(p.records)):
			return p, Damaged(path, int64(at)+16, "a record is missing")
		}
		for i := 1; i <= n; i++ {
			p.records = append(p.records, b[at+i*RecordBytes:at+(i+1)*RecordBytes])
		}
		at += (n + 1) * RecordBytes
	}
	return p, nil
}

// parseGroup reports whether b begins with a whole group, of n records from an index on.
func parseGroup(b []byte) (first uint64, n int, ok bool) {
	le := binary.LittleEndian
	if len(b) < 2*RecordBytes || le.Uint64(b) != groupMagic {
		return 0, 0, false
	}
	n = int(le.Uint32(b[24:]))
	if n < 1 || n > groupMax || len(b) < (n+1)*RecordBytes {
		return 0, 0, false
	}
	return le.Uint64(b[16:]), n, groupChecksum(b[:(n+1)*RecordBytes]) == le.Uint32(b[groupSum:])
}

func groupChecksum(b []byte) uint32 {
	for _, zero := range b[groupHeader:RecordBytes] {
		if zero != 0 {
			return ^binary.LittleEndian.Uint32(b[groupSum:])
		}
	}
	return sum(b[:groupSum]) ^ sum(b[RecordBytes:])
}

// laterGroup reports whether a whole group follows in b. Each group is durable before the next is written, so what is
// before one cannot be torn.
func laterGroup(b []byte) bool {
	for at := RecordBytes; at < len(b); at += RecordBytes {
		if _, _, ok := parseGroup(b[at:]); ok {
			return true
		}
	}
	return false
}

// NewLog empties the log, which an image has to cover, and opens it for records from an index on.
func (s *Store) NewLog(next uint64) (*Log, error) {
	l := &Log{
		store: s, next: next, void: RecordBytes, usual: LogBytesUsual,
		buf: make([]byte, RecordBytes, (groupMax+1)*RecordBytes),
	}
	for i := range l.files {
		at := &l.files[i]
		at.path = logPath(s.config.Path, i)
		f, err := s.config.FS.Open(at.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND)
		if err != nil {
			_ = l.Close()
			return nil, &Error{at.path, -1, "open", err}
		}
		at.file = f
		if err = l.empty(at); err != nil {
			_ = l.Close()
			return nil, err
		}
	}
	if err := s.config.FS.SyncDir(s.dir); err != nil {
		_ = l.Close()
		return nil, &Error{s.dir, -1, "sync", err}
	}
	return l, nil
}

// RemoveLog removes the files of the log, which an image has to cover.
func (s *Store) RemoveLog() error {
	for i := range 2 {
		path := logPath(s.config.Path, i)
		if err := s.config.FS.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &Error{path, -1, "remove", err}
		}
	}
	return nil
}

// empty empties a file of the log.
func (l *Log) empty(f *logFile) error {
	if err := f.file.Truncate(0); err != nil {
		return &Error{f.path, 0, "truncate", err}
	}
	if err := f.file.Sync(); err != nil {
		return &Error{f.path, -1, "sync", err}
	}
	f.size, f.next = 0, l.next
	return nil
}

// Next returns the index of the next record.
func (l *Log) Next() uint64 { return l.next }

// Waiting reports whether records were added that are not durable, and not voided.
func (l *Log) Waiting() bool { return len(l.buf) > l.void }

// Full reports whether the next record needs a Sync before it.
func (l *Log) Full() bool { return len(l.buf) == cap(l.buf) }

// Add adds a record, which becomes durable with the next Sync, and returns where to write it: RecordBytes, zero.
func (l *Log) Add() []byte {
	n := len(l.buf)
	l.buf = l.buf[:n+RecordBytes]
	clear(l.buf[n:])
	l.next++
	return l.buf[n:]
}

// Void makes records of zeros of those that were added since the last Sync: what they announce did not and will not
// happen. They are written with the next ones, because an image may count them.
func (l *Log) Void() {
	clear(l.buf[RecordBytes:])
	l.void = len(l.buf)
}

// Sync makes what was added durable. covered is the number of records that durable images cover. After an error,
// which is an [*Error], nothing of what was added since the last Sync is durable; the next Sync tries again, with
// what was added meanwhile.
func (l *Log) Sync(covered uint64) error {
	if !l.Waiting() {
		return nil
	}
	f := &l.files[l.active]
	if other := &l.files[1-l.active]; f.size >= l.usual && !l.broken && other.next <= covered {
		if err := l.emptyOther(other); err != nil {
			return err
		}
		l.active, f = 1-l.active, other
		marks.Hit(marks.LogTurned)
	}
	if f.size+int64(len(l.buf)) > LogBytesMax {
		marks.Hit(marks.LogFull)
		return &Error{f.path, f.size, "append", ErrFull}
	}
	if l.broken {
		marks.Hit(marks.LogTruncated)
		if err := f.file.Truncate(f.size); err != nil {
			return &Error{f.path, f.size, "truncate", err}
		}
	}
	n := len(l.buf)/RecordBytes - 1
	le := binary.LittleEndian
	clear(l.buf[:RecordBytes])
	le.PutUint64(l.buf, groupMagic)
	copy(l.buf[8:16], l.store.config.Owner[:])
	le.PutUint64(l.buf[16:], l.next-uint64(n))
	le.PutUint32(l.buf[24:], uint32(n))
	le.PutUint32(l.buf[groupSum:], groupChecksum(l.buf))
	l.broken = true
	if _, err := f.file.Write(l.buf); err != nil {
		marks.Hit(marks.LogAppendFailed)
		return &Error{f.path, f.size, "append", err}
	}
	if err := f.file.Sync(); err != nil {
		marks.Hit(marks.LogSyncFailed)
		return &Error{f.path, f.size, "sync", err}
	}
	l.broken = false
	f.size += int64(len(l.buf))
	f.next = l.next
	l.buf, l.void = l.buf[:RecordBytes], RecordBytes
	return nil
}

func (l *Log) emptyOther(f *logFile) error {
	if f.size == 0 {
		return nil
	}
	if err := f.file.Truncate(0); err != nil {
		return &Error{f.path, 0, "truncate", err}
	}
	f.size = 0
	return nil
}

// Close closes the files.
func (l *Log) Close() error {
	var errs []error
	for i := range l.files {
		if f := l.files[i].file; f != nil {
			errs = append(errs, f.Close())
			l.files[i].file = nil
		}
	}
	return errors.Join(errs...)
}
