package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// runningName is the file that a folder has until what is written to it is there.
const runningName = "running"

// Take makes a folder and keeps it for this run until release is called. One that has something in it is refused: what
// two runs write would be taken for one's. Of two runs that take it at the same time at most one has it.
func Take(dir string, mode fs.FileMode) (release func() error, err error) {
	if err := os.MkdirAll(dir, mode); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return nil, err
	case len(names) == 1 && names[0].Name() == runningName:
		return nil, fmt.Errorf("%s is another run's: if that was killed, remove it", dir)
	case len(names) > 0:
		return nil, fmt.Errorf("%s is not empty", dir)
	}
	name := filepath.Join(dir, runningName)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode&0o666) // who is second fails
	if err != nil {
		return nil, err
	}
	release = func() error { return os.Remove(name) }
	if names, err = os.ReadDir(dir); err == nil && len(names) > 1 { // a run that began earlier has ended meanwhile
		err = fmt.Errorf("%s is not empty", dir)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}
