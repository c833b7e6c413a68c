package journal

import "io"

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
