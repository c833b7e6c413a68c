package engine

import (
	"bytes"
	"io"
	"os"

	"github.com/smk-go/smk/engine/internal/statefile"
)

// memoryFS has the files of the state in a replay.
type memoryFS map[string]*memoryFile

func newMemoryFS(files []recordedFile) memoryFS {
	fs := make(memoryFS)
	for _, f := range files {
		fs[f.Name] = &memoryFile{content: f.Content}
	}
	return fs
}

// Open opens a file.
func (fs memoryFS) Open(name string, flag int) (statefile.File, error) {
	f := fs[name]
	switch {
	case f == nil && flag&os.O_CREATE == 0:
		return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	case f == nil:
		f = new(memoryFile)
		fs[name] = f
	}
	if flag&os.O_TRUNC != 0 {
		f.content = nil
	}
	return &openMemoryFile{f, bytes.NewReader(f.content)}, nil
}

// Rename renames a file.
func (fs memoryFS) Rename(from, to string) error {
	f := fs[from]
	if f == nil {
		return &os.PathError{Op: "rename", Path: from, Err: os.ErrNotExist}
	}
	delete(fs, from)
	fs[to] = f
	return nil
}

// Remove removes a file.
func (fs memoryFS) Remove(name string) error {
	if fs[name] == nil {
		return &os.PathError{Op: "remove", Path: name, Err: os.ErrNotExist}
	}
	delete(fs, name)
	return nil
}

// SyncDir does nothing.
func (memoryFS) SyncDir(string) error { return nil }

// Lock locks nothing: the files are the replay's alone.
func (memoryFS) Lock(string) (io.Closer, bool, error) { return io.NopCloser(nil), false, nil }

type memoryFile struct{ content []byte }

// openMemoryFile reads from the start and writes at the end.
type openMemoryFile struct {
	file *memoryFile
	from *bytes.Reader
}

func (f *openMemoryFile) Read(b []byte) (int, error) { return f.from.Read(b) }

func (f *openMemoryFile) Write(b []byte) (int, error) {
	f.file.content = append(f.file.content, b...)
	return len(b), nil
}

func (f *openMemoryFile) Truncate(size int64) error {
	f.file.content = f.file.content[:min(int(size), len(f.file.content))]
	return nil
}

func (f *openMemoryFile) Sync() error  { return nil }
func (f *openMemoryFile) Close() error { return nil }
