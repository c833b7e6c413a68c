package statefile

import (
	"io"
	"os"
	"path/filepath"
)

// FS is the part of a file system that a Store needs. Tests have one whose calls fail.
type FS interface {
	// Open opens a file; flag is one of package os.
	Open(name string, flag int) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(dir string) error
	// Lock opens a file and locks it until it is closed. held says that another process holds it.
	Lock(name string) (lock io.Closer, held bool, err error)
}

// File is an open file.
type File interface {
	io.ReadWriteCloser
	Sync() error
	Truncate(size int64) error
}

// OS is the system's file system.
type OS struct{}

// linksMax is how many links lead to a file at most.
const linksMax = 40

// ResolveLinks returns the path of the file that a path leads to, be it there or not: an image that takes the place
// of a link would not be where the link leads, and who comes by another link would not find the lock.
func ResolveLinks(path string) string {
	for range linksMax {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

const fileMode = 0o600 // positions are nobody else's business

// Open opens a file.
func (OS) Open(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, fileMode)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename renames a file.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir makes the names in a folder durable.
func (OS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := syncDir(d); err != nil {
		_ = d.Close()
		return err
	}
	return d.Close()
}

// Lock opens a file and locks it.
func (OS) Lock(name string) (lock io.Closer, held bool, err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, false, err
	}
	if held, err = lockFile(f); held || err != nil {
		_ = f.Close()
		return nil, held, err
	}
	return f, false, nil
}
