package journal

import (
	"io"
	"os"
	"path/filepath"
)

// recovered is what the segments that are there say.
type recovered struct {
	number uint64 // of the last segment; 0 if there is none
	seq    uint64 // of the last record
}

// recoverDir finds the end of the journal in a folder, cuts off what was not written completely and seals it.
func recoverDir(c *Config) (end recovered, err error) {
	names, err := c.FS.ReadDir(c.Dir)
	if err != nil {
		return end, &DiskError{c.Dir, "read", 0, err}
	}
	highest := uint64(0)
	for _, name := range names {
		if number, plain, ok := numberOf(name); ok && !plain {
			highest = max(highest, number)
		}
	}
	numbers, err := list(c.FS, c.Dir)
	if err != nil {
		return end, err
	}
	for i := len(numbers) - 1; i >= 0; i-- {
		path := filepath.Join(c.Dir, fileName(numbers[i]))
		s, err := openScanner(c.FS, path, numbers[i])
		if err != nil {
			return end, err
		}
		used, err := recoverSegment(c, s)
		s.close()
		if err != nil {
			return end, err
		}
		if used {
			end = recovered{s.number, s.last}
			break
		}
		// It was made in advance.
		if err := c.FS.Remove(path); err != nil {
			return end, &DiskError{path, "remove", 0, err}
		}
	}
	if highest > end.number {
		path := filepath.Join(c.Dir, fileName(highest))
		return end, &DamageError{path, highest, 0, "the last segment is compressed", ErrDamaged}
	}
	return end, nil
}

// recoverSegment reads what may be the last segment to its end, and seals it. It reports false if it has no record.
func recoverSegment(c *Config, s *scanner) (used bool, err error) {
	var r Record
	for err == nil {
		err = s.next(&r)
	}
	if err != io.EOF || s.sealed || s.empty {
		return s.sealed, orNil(err)
	}
	v, err := s.judge()
	switch {
	case err != nil:
		return false, err
	case v.damaged:
		return false, s.damage(s.off, "no record, but some behind it")
	case s.off == fileHeader:
		return false, nil
	}
	file, err := c.FS.Open(s.path, os.O_RDWR)
	if err != nil {
		return false, &DiskError{s.path, "open", 0, err}
	}
	defer func() { _ = file.Close() }()
	end := segment{file: file, path: s.path, number: s.number, salt: s.salt, off: s.off, info: s.info}
	if err := end.seal(make([]byte, header, sealSize), r.At, r.Wall, true); err != nil {
		return false, err
	}
	return true, nil
}

func orNil(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
