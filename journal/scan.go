package journal

import (
	"hash/crc32"
	"io"
	"os"
	"slices"
)

// scanner reads the records of one segment.
type scanner struct {
	file    File
	path    string
	number  uint64
	salt    uint32
	created int64 // wall clock
	size    int64 // of the file when last asked
	buf     []byte
	bufAt   int64 // offset of buf[0]
	peek    bool  // the next read is a short one
	off     int64 // of the next record
	empty   bool  // the file has no header yet, nor anything else
	sealed  bool  // off is behind the seal
	known   bool  // last is known
	last    uint64
	info    SealInfo // of the records read so far
}

// openScanner opens a segment at its first record. number is what its name says, or 0.
func openScanner(fs FS, path string, number uint64) (*scanner, error) {
	file, err := fs.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, &DiskError{path, "open", 0, err}
	}
	s := &scanner{file: file, path: path, number: number, off: fileHeader}
	if err := s.readHeader(); err != nil {
		_ = file.Close()
		return nil, err
	}
	return s, nil
}

func (s *scanner) readHeader() error {
	if err := s.refresh(); err != nil {
		return err
	}
	b, err := s.view(0, fileHeader)
	if err != nil {
		return err
	}
	if len(b) < fileHeader || string(b[:atVersion]) != fileMagic ||
		crc32.Checksum(b[:atHeaderSum], crcTable) != le.Uint32(b[atHeaderSum:]) {
		end, err := s.lastByte(fileHeader)
		if err == nil && end >= 0 {
			err = s.damage(0, "header of the file")
		}
		s.empty = true
		return err
	}
	if le.Uint32(b[atVersion:]) != formatVersion {
		return &DamageError{s.path, s.number, atVersion, "format of the file", ErrVersion}
	}
	if n := le.Uint64(b[atNumber:]); s.number != n && s.number != 0 {
		return s.damage(atNumber, "number of the segment")
	}
	s.number, s.salt, s.created = le.Uint64(b[atNumber:]), le.Uint32(b[atSalt:]), int64(le.Uint64(b[atCreated:]))
	return nil
}

func (s *scanner) damage(off int64, reason string) error {
	return &DamageError{s.path, s.number, off, reason, ErrDamaged}
}

// refresh forgets what was read of the file, which may have changed. The next read is short: whoever follows a file
// that does not grow asks for its end again and again.
func (s *scanner) refresh() (err error) {
	s.buf, s.peek = s.buf[:0], true
	if s.size, err = s.file.Size(); err != nil {
		return &DiskError{s.path, "size", 0, err}
	}
	return nil
}

// view returns n bytes of the file, or less at its end. They are valid until the next call.
func (s *scanner) view(off int64, n int) ([]byte, error) {
	if off < s.bufAt || off+int64(n) > s.bufAt+int64(len(s.buf)) {
		ahead := int64(readBytes)
		if s.peek {
			ahead, s.peek = peekBytes, false
		}
		want := int(max(min(s.size-off, max(int64(n), ahead)), 0))
		s.buf, s.bufAt = slices.Grow(s.buf[:0], want)[:want], off
		read, err := s.file.ReadAt(s.buf, off)
		s.buf = s.buf[:read]
		if err != nil && err != io.EOF {
			s.buf = s.buf[:0]
			return nil, &DiskError{s.path, "read", 0, err}
		}
	}
	b := s.buf[off-s.bufAt:]
	return b[:min(n, len(b))], nil
}

// parse returns the record at an offset, or nil if there is none.
func (s *scanner) parse(off int64) ([]byte, error) {
	b, err := s.view(off, header)
	if err != nil || len(b) < header {
		return nil, err
	}
	size, ok := usableHeader(b, s.size-off)
	if !ok {
		return nil, nil
	}
	if b, err = s.view(off, size); err != nil || len(b) < size || recordSum(s.salt, b) != le.Uint32(b) {
		return nil, err
	}
	return b, nil
}

// next reads the next record. It returns io.EOF if there is none.
func (s *scanner) next(r *Record) error {
	if s.sealed || s.empty {
		return io.EOF
	}
	b, err := s.parse(s.off)
	if b == nil && err == nil {
		// What is in the buffer may be older than what the writer has appended.
		if err = s.refresh(); err == nil {
			b, err = s.parse(s.off)
		}
	}
	switch {
	case err != nil:
		return err
	case b == nil:
		return io.EOF
	}
	*r = Record{
		Seq: le.Uint64(b[atSeq:]), Kind: Kind(b[atKind]), Flags: b[atFlags], Own: b[atMarks]&markOwn != 0,
		Epoch: le.Uint32(b[atEpoch:]), At: int64(le.Uint64(b[atClock:])), Wall: int64(le.Uint64(b[atWall:])),
		Payload: b[header : header+le.Uint32(b[atLength:])], Segment: s.number, Offset: s.off, Raw: b,
	}
	r.Payload, r.Raw = slices.Clip(r.Payload), slices.Clip(r.Raw)
	if reason := s.follow(r); reason != "" {
		return s.damage(s.off, reason)
	}
	s.off += int64(len(b))
	if s.sealed && s.off != s.size {
		return s.checkEnd(r)
	}
	return nil
}

// checkEnd expects nothing behind a seal but zeros: a power cut may have kept the file from being cut.
func (s *scanner) checkEnd(r *Record) error {
	r.Raw = slices.Clone(r.Raw) // of a buffer that is used now
	r.Payload = slices.Clip(r.Raw[header : header+len(r.Payload)])
	end, err := s.lastByte(s.off)
	if err == nil && end >= 0 {
		err = s.damage(s.off, "bytes behind the seal")
	}
	return err
}

// follow checks that a record follows on the ones before, and returns what is wrong.
func (s *scanner) follow(r *Record) string {
	want, last := s.last+1, r.Seq
	if r.Own {
		want = s.last
	}
	if s.known && r.Seq != want || !r.Own && r.Seq == 0 {
		return "sequence number"
	}
	switch {
	case r.Own && r.Kind == KindSegment:
		if i, err := DecodeSegment(r.Payload); err != nil || i.Number != s.number || s.off != fileHeader {
			return "beginning of a segment"
		}
	case r.Own && r.Kind == KindSeal:
		i, err := DecodeSeal(r.Payload)
		s.info.LastSeq = r.Seq
		switch {
		case err != nil || i != s.info:
			return "seal is of other records"
		}
		s.sealed = true
	case !r.Own && r.Kind == KindLost:
		i, err := DecodeLost(r.Payload)
		if last = r.Seq + i.Records - 1; err != nil || last < r.Seq {
			return "count of lost records"
		}
	}
	s.known, s.last = true, last
	s.info.LastSeq = last
	if !r.Own {
		s.info.add(r.Kind, r.Seq, last)
	}
	return ""
}

func (s *scanner) close() { _ = s.file.Close() }
