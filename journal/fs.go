package journal

import (
	"io"
	"os"
)

// FS is the part of a file system that a journal needs.
type FS interface {
	// MkdirAll makes a folder and those above it.
	MkdirAll(dir string) error
	// ReadDir returns the names in a folder.
	ReadDir(dir string) ([]string, error)
	// Open opens a file; flag is one of package os.
	Open(name string, flag int) (File, error)
	Remove(name string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(dir string) error
	// Lock opens a file and locks it until it is closed. held says that another process holds it.
	Lock(name string) (lock io.Closer, held bool, err error)
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Allocate claims size bytes of disk that read as zeros.
	Allocate(size int64) error
	// Sync makes contents and size durable.
	Sync() error
}

// OS is the system's file system.
type OS struct{}

const (
	fileMode = 0o600 // orders and positions are nobody else's business
	dirMode  = 0o700
)

// MkdirAll makes a folder and those above it.
func (OS) MkdirAll(dir string) error { return os.MkdirAll(dir, dirMode) }

// ReadDir returns the names in a folder.
func (OS) ReadDir(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	_ = d.Close()
	return names, err
}

// Open opens a file.
func (OS) Open(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

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

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Allocate(size int64) error { return allocate(f.File, size) }
func (f osFile) Sync() error               { return syncData(f.File) }
