package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Reader finds and reads files that inherit.
type Reader struct {
	// Directories are where every file is looked for. Of one name all are read,
	// and a value in an earlier directory wins. nil means the current one. A
	// name that starts at the root is looked for just there.
	Directories []string
}

// Read reads a file and what it inherits from. The error is an *InheritError or an
// *Error.
func (r Reader) Read(name string) (*Values, error) {
	v := new(Values)
	if err := r.ReadInto(name, v); err != nil {
		return nil, err
	}
	return v, nil
}

// ReadInto is Read over what v already has. After an error v is as it was.
func (r Reader) ReadInto(name string, v *Values) error {
	w, err := r.walk(name)
	if err != nil {
		return err
	}
	for _, path := range w.order {
		v.merge(path, w.parsed[path])
	}
	return nil
}

// Files returns the paths that Read reads, in its order: a value in a later one wins.
func (r Reader) Files(name string) ([]string, error) {
	w, err := r.walk(name)
	if err != nil {
		return nil, err
	}
	return w.order, nil
}

// walk is one search: each file is read once, and what was read is what is used.
type walk struct {
	directories []string
	parsed      map[string][]section // by path
	done        map[string]bool      // by name
	order       []string
}

func (r Reader) walk(name string) (*walk, error) {
	w := &walk{
		directories: r.Directories,
		parsed:      make(map[string][]section),
		done:        make(map[string]bool),
	}
	if len(w.directories) == 0 {
		w.directories = []string{"."}
	}
	return w, w.visit(name, nil, Origin{})
}

// visit adds a file, after what it inherits from. chain are the files on the way to
// it, origin is where the last of them names it.
func (w *walk) visit(name string, chain []string, origin Origin) error {
	if name != "" {
		name = filepath.Clean(name)
	}
	wrong := func(err error) error {
		return &InheritError{
			Chain: append(slices.Clone(chain), name), Origin: origin, Directories: w.directories,
			Err: err,
		}
	}
	if slices.Contains(chain, name) {
		return wrong(ErrCycle)
	}
	if w.done[name] {
		return nil
	}
	if len(chain) >= ChainMax {
		return wrong(ErrTooMany)
	}
	if name == "" && len(chain) > 0 {
		return wrong(ErrEmpty)
	}
	found, err := w.find(name)
	if err != nil {
		return wrong(err)
	}
	if len(found) == 0 {
		return wrong(ErrMissing)
	}
	if len(w.parsed)+len(found) > FilesMax {
		return wrong(ErrTooMany)
	}
	slices.Reverse(found) // an earlier directory wins
	var merged Values
	for _, path := range found {
		sections, err := load(path)
		if err != nil {
			return err
		}
		w.parsed[path] = sections
		merged.merge(path, sections)
	}
	if s := merged.section("inherits"); s != nil {
		return &Error{Origin: s.origin, Key: "[inherits]", Nearest: "[inherit]", Err: ErrInherits}
	}
	from, origin, ok, err := merged.Get("inherit", "from")
	if err != nil {
		return err
	}
	if ok {
		chain := append(slices.Clone(chain), name)
		for base := range strings.SplitSeq(from, ",") {
			if err := w.visit(strings.TrimSpace(base), chain, origin); err != nil {
				return err
			}
		}
	}
	w.done[name] = true
	w.order = append(w.order, found...)
	return nil
}

// find returns the paths that a name has, in the order of the directories.
func (w *walk) find(name string) ([]string, error) {
	var found []string
	if name == "" {
		return nil, nil
	}
	for _, dir := range w.directories {
		path := filepath.Join(dir, name)
		if filepath.IsAbs(name) {
			path = name
		}
		info, err := os.Stat(path)
		_, linkErr := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && linkErr != nil: // else a dangling link, whose file is missed
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s %w", strconv.Quote(path), ErrNotFile)
		case !slices.Contains(found, path):
			found = append(found, path)
		}
	}
	return found, nil
}

// load reads and parses a file.
func load(path string) ([]section, error) {
	content, err := readBounded(path, FileBytesMax)
	if err != nil {
		return nil, &Error{Origin: Origin{File: path}, Err: err}
	}
	sections, err := parse(content)
	var e *Error
	if errors.As(err, &e) {
		e.Origin.File = path
	}
	return sections, err
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(content) > limit {
		err = ErrTooLarge
	}
	return content, err
}
