package sim

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/smk-go/smk/internal/filelock"
	"github.com/smk-go/smk/sim/exchange"
)

// stateEvery is how often a state is written by default.
const stateEvery = time.Second

// store keeps a server's state in a file. nil keeps none.
type store struct {
	path    string
	every   time.Duration // negative: before anything is sent
	lock    *os.File
	written time.Time
	buf     []byte
}

// openStore locks the state's file, if the configuration has one, and reads it into c.State.
func openStore(c *Config) (*store, error) {
	f := c.StateFile
	c.StateFile = StateFile{}
	if f.Path == "" {
		return nil, nil
	}
	if len(c.State) > 0 {
		return nil, &exchange.ConfigError{Field: "State", Text: "is given, and a StateFile too"}
	}
	s := &store{path: f.Path, every: f.Every, written: time.Now()}
	if s.every == 0 {
		s.every = stateEvery
	}
	lock, err := filelock.Lock(f.Path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("sim: state: %w", err)
	}
	s.lock = lock
	if c.State, err = s.read(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// read returns what is in the file, nil if there is none.
func (s *store) read() ([]byte, error) {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sim: state: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, stateBytesMax+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("sim: state: %w", err)
	case len(b) == 0:
		return nil, &StateError{Path: s.path, Text: "the file is empty"}
	case len(b) > stateBytesMax:
		return nil, &StateError{Path: s.path, Text: "the file is longer than 1 GiB"}
	}
	return b, nil
}

// explain adds the file to a [*StateError].
func (s *store) explain(err error) error {
	var state *StateError
	if s != nil && errors.As(err, &state) {
		state.Path = s.path
	}
	return err
}

// first reports whether the state is written before anything is sent.
func (s *store) first() bool { return s != nil && s.every < 0 }

// due returns how long the owner may wait before the state is to be written.
func (s *store) due() time.Duration {
	if s == nil || s.every < 0 {
		return waitMax
	}
	return s.every - time.Since(s.written)
}

// writeDue writes the state if that is due.
func (s *store) writeDue(x *Sim) error {
	if s.first() || s != nil && s.due() <= 0 {
		return s.write(x)
	}
	return nil
}

// write writes the state.
func (s *store) write(x *Sim) error {
	if s == nil {
		return nil
	}
	s.buf = x.AppendState(s.buf[:0])
	s.written = time.Now()
	if err := s.replace(); err != nil {
		return fmt.Errorf("sim: state: %w", err)
	}
	return nil
}

// replace replaces the file as a whole.
func (s *store) replace() error {
	next := s.path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(s.buf); err == nil && s.every > 0 {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(next, s.path)
}

// close unlocks the file.
func (s *store) close() error {
	if s == nil || s.lock == nil {
		return nil
	}
	lock := s.lock
	s.lock = nil
	return lock.Close()
}
