package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/smk-go/smk/journal"
)

// writeOutput writes a file of what a journal has. The file is there once all of it is written: what was there before
// stays until then, and for good if write fails, unless it fails of damage, before which all is written. A file of the
// journal itself is refused. What is no regular file, such as a pipe, is written to as it is.
func writeOutput[R any](name, dir string, write func(io.Writer) (R, error)) (r R, err error) {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // a link stays one
	}
	mode := os.FileMode(0o600)
	switch there, err := os.Stat(name); {
	case err == nil && !there.Mode().IsRegular():
		return writeDirectly(name, write)
	case err == nil:
		mode = there.Mode().Perm()
		if err := notOfJournal(there, name, dir); err != nil {
			return r, err
		}
	case !errors.Is(err, os.ErrNotExist):
		return r, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".writing-*")
	if err != nil {
		return r, err
	}
	r, damage := write(f)
	if err = damage; isDamage(err) {
		err = nil
	}
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return r, errors.Join(err, os.Remove(f.Name()))
	}
	return r, damage
}

func writeDirectly[R any](name string, write func(io.Writer) (R, error)) (r R, err error) {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return r, err
	}
	r, err = write(f)
	return r, errors.Join(err, f.Close())
}

// notOfJournal refuses a file in the folder of a journal that the journal consists of.
func notOfJournal(file os.FileInfo, name, dir string) error {
	all, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, one := range all {
		if info, err := os.Stat(filepath.Join(dir, one.Name())); err == nil && os.SameFile(info, file) &&
			(filepath.Ext(one.Name()) == segmentExtension || one.Name() == lockName) {
			return fmt.Errorf("%s is a file of the journal", name)
		}
	}
	return nil
}

// Names of what a journal consists of.
const (
	segmentExtension = ".smkj"
	lockName         = "lock"
)

// isDamage reports whether a journal was read up to damage.
func isDamage(err error) bool {
	var damage *journal.DamageError
	return errors.As(err, &damage)
}
