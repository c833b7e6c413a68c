package statefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/smk-go/smk/internal/marks"
)

// Config says where a Store is and whose.
type Config struct {
	FS      FS
	Path    string
	Owner   Owner
	Version uint32 // of the payload
}

// Store is the files of one owner, which it has locked.
type Store struct {
	config Config
	temp   string // where an image is written
	dir    string
	lock   io.Closer
}

// Open locks the files. The error is an [*Error].
func Open(c Config) (*Store, error) {
	path := c.Path + ".lock"
	lock, held, err := c.FS.Lock(path)
	switch {
	case held:
		marks.Hit(marks.StoreInUse)
		return nil, &Error{c.Path, -1, "lock", ErrInUse}
	case err != nil:
		return nil, &Error{path, -1, "lock", err}
	}
	return &Store{c, c.Path + ".tmp", filepath.Dir(c.Path), lock}, nil
}

// Close unlocks the files.
func (s *Store) Close() error { return s.lock.Close() }

// Path returns where the image is.
func (s *Store) Path() string { return s.config.Path }

// Read reads the image. found is false if there is none.
func (s *Store) Read() (image Image, found bool, err error) {
	path := s.config.Path
	f, err := s.config.FS.Open(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return image, false, nil
	}
	if err != nil {
		return image, false, &Error{path, -1, "open", err}
	}
	b, err := readAll(f, path, ImageBytesMax)
	_ = f.Close()
	if err == nil {
		image, err = parseImage(path, b, &s.config.Owner, s.config.Version)
	}
	return image, err == nil, err
}

// Write writes an image: b has its payload behind HeaderBytes. It returns b as it was written, for its memory.
// When it returns nil the image is durable; otherwise the one before is still in place, or the new one is, but may
// not be durable.
func (s *Store) Write(b []byte, saved int64) ([]byte, error) {
	c := &s.config
	b = sealImage(b, &c.Owner, c.Version, saved)
	if len(b) > ImageBytesMax {
		return b, &Error{c.Path, -1, "write", ErrFull}
	}
	if err := s.writeTemp(s.temp, b); err != nil {
		_ = c.FS.Remove(s.temp) // likely as impossible
		marks.Hit(marks.StoreWriteFailed)
		return b, err
	}
	if err := c.FS.Rename(s.temp, c.Path); err != nil {
		marks.Hit(marks.StoreRenameFailed)
		return b, &Error{s.temp, -1, "rename", err}
	}
	if err := c.FS.SyncDir(s.dir); err != nil {
		marks.Hit(marks.StoreSyncFailed)
		return b, &Error{s.dir, -1, "sync", err}
	}
	return b, nil
}

func (s *Store) writeTemp(path string, b []byte) error {
	f, err := s.config.FS.Open(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return &Error{path, -1, "open", err}
	}
	if n, err := f.Write(b); err != nil {
		_ = f.Close()
		return &Error{path, int64(n), "write", err}
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return &Error{path, -1, "sync", err}
	}
	if err := f.Close(); err != nil {
		return &Error{path, -1, "close", err}
	}
	return nil
}
