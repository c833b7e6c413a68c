package journal

import (
	"crypto/rand"
	"os"
	"path/filepath"
)

// segment is a file that is being written.
type segment struct {
	file   File
	path   string
	number uint64
	salt   uint32
	size   int64 // that is claimed
	off    int64 // behind the last record
	marks  uint8 // of the next record
	info   SealInfo

	synced     int64 // what is durable: up to where, and the info of it
	syncedInfo SealInfo
}

// createSegment makes a file that has all its disk and no record, durably.
func createSegment(fs FS, dir string, number uint64, size, wall int64) (*segment, *DiskError) {
	s := &segment{path: filepath.Join(dir, fileName(number)), number: number, size: size, off: fileHeader}
	s.synced = s.off
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // never fails
	s.salt = le.Uint32(salt[:])
	var err error
	if s.file, err = fs.Open(s.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC); err != nil {
		return nil, &DiskError{s.path, "create", 0, err}
	}
	if err := s.claim(fs, dir, wall); err != nil {
		_ = s.file.Close()
		_ = fs.Remove(s.path)
		return nil, err
	}
	return s, nil
}

func (s *segment) claim(fs FS, dir string, wall int64) *DiskError {
	var b [fileHeader]byte
	putFileHeader(b[:], s.salt, s.number, wall)
	if err := s.file.Allocate(s.size); err != nil {
		return &DiskError{s.path, "allocate", 0, err}
	}
	if _, err := s.file.WriteAt(b[:], 0); err != nil {
		return &DiskError{s.path, "write", 0, err}
	}
	if err := s.file.Sync(); err != nil {
		return &DiskError{s.path, "sync", 0, err}
	}
	if err := fs.SyncDir(dir); err != nil {
		return &DiskError{dir, "sync", 0, err}
	}
	return nil
}

// room returns how many bytes of records fit before the seal.
func (s *segment) room() int64 { return s.size - s.off - sealSize }

// finish fills in what only the writer knows of a record.
func (s *segment) finish(b []byte, wall int64) {
	le.PutUint64(b[atWall:], uint64(wall))
	b[atMarks] |= s.marks
	s.marks = 0
	le.PutUint32(b[atSum:], recordSum(s.salt, b))
}

// write appends finished records.
func (s *segment) write(b []byte) *DiskError {
	if _, err := s.file.WriteAt(b, s.off); err != nil {
		return &DiskError{s.path, "write", 0, err}
	}
	s.off += int64(len(b))
	return nil
}

// sync makes durable what is written.
func (s *segment) sync() *DiskError {
	if err := s.file.Sync(); err != nil {
		return &DiskError{s.path, "sync", 0, err}
	}
	s.synced, s.syncedInfo, s.marks = s.off, s.info, markSynced
	return nil
}

// seal cuts off what is behind the records and appends the last one. The file is cut first, so that a seal is the
// end of its file whenever it can be read.
func (s *segment) seal(buf []byte, at, wall int64, sync bool) *DiskError {
	if err := s.file.Truncate(s.off + sealSize); err != nil {
		return &DiskError{s.path, "truncate", 0, err}
	}
	b := appendSealInfo(buf[:header], &s.info)
	putHeader(b, sealPayload, s.info.LastSeq, at, 0, 0, KindSeal, 0, markOwn)
	s.finish(b, wall)
	if _, err := s.file.WriteAt(b, s.off); err != nil {
		return &DiskError{s.path, "write", 0, err}
	}
	if sync {
		if err := s.file.Sync(); err != nil {
			return &DiskError{s.path, "sync", 0, err}
		}
	}
	s.off += sealSize
	return nil
}
