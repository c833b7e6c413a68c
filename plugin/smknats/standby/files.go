package standby

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/smk-go/smk/engine"
)

// stateFile is the engine's StateConfig.File, in memory.
const stateFile = "state"

// files are the files of an engine's state, in memory. A file that takes the place of stateFile is a new image.
type files struct {
	image func(content []byte) // is given each image, which it must not change

	mu      sync.Mutex
	content map[string][]byte
	locked  bool
}

// newFiles returns the files of an engine that begins with an image, nil for none.
func newFiles(image []byte, next func(content []byte)) *files {
	f := &files{image: next, content: make(map[string][]byte)}
	if image != nil {
		f.content[stateFile] = image
	}
	return f
}

// Open opens a file.
func (f *files) Open(name string, flag int) (engine.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.content[name]
	switch {
	case !ok && flag&os.O_CREATE == 0:
		return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	case !ok || flag&os.O_TRUNC != 0:
		content = nil
		f.content[name] = nil
	}
	return &file{files: f, name: name, from: bytes.NewReader(content)}, nil
}

// Rename renames a file.
func (f *files) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.content[from]
	if !ok {
		return &os.PathError{Op: "rename", Path: from, Err: os.ErrNotExist}
	}
	delete(f.content, from)
	if f.content[to] = content; to == stateFile {
		f.image(content)
	}
	return nil
}

// Remove removes a file.
func (f *files) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.content[name]; !ok {
		return &os.PathError{Op: "remove", Path: name, Err: os.ErrNotExist}
	}
	delete(f.content, name)
	return nil
}

// SyncDir does nothing: memory is as durable as it will be.
func (f *files) SyncDir(string) error { return nil }

// Lock locks the files until they are closed.
func (f *files) Lock(string) (lock io.Closer, held bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locked {
		return nil, true, nil
	}
	f.locked = true
	return unlock{f}, false, nil
}

type unlock struct{ f *files }

func (u unlock) Close() error {
	u.f.mu.Lock()
	defer u.f.mu.Unlock()
	u.f.locked = false
	return nil
}

// file is an open file: it is read from the start and written at the end.
type file struct {
	files *files
	name  string
	from  *bytes.Reader
}

func (f *file) Read(b []byte) (int, error) { return f.from.Read(b) }

func (f *file) Write(b []byte) (int, error) {
	f.files.mu.Lock()
	defer f.files.mu.Unlock()
	f.files.content[f.name] = append(f.files.content[f.name], b...)
	return len(b), nil
}

func (f *file) Truncate(size int64) error {
	f.files.mu.Lock()
	defer f.files.mu.Unlock()
	content := f.files.content[f.name]
	if size < 0 || size > int64(len(content)) {
		return errTruncate
	}
	f.files.content[f.name] = content[:size]
	return nil
}

var errTruncate = errors.New("standby: a file in memory does not grow")

func (f *file) Sync() error  { return nil }
func (f *file) Close() error { return nil }
