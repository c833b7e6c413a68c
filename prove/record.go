package prove

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
)

// journalEvery is how many days there are for one with journals.
const journalEvery = 16

// drawJournal makes some days such that every bot has a journal, which is replayed afterwards.
func (s *Schedule) drawJournal() {
	s.Journal = rand.New(rand.NewPCG(s.Seed, 0x10a7)).IntN(journalEvery) == 0
}

// journalDir is the folder of every journal, each on a disk of its own.
const journalDir = "journal"

// openJournal gives the next process a journal.
func (b *bot) openJournal(c *engine.Config) *script {
	if o := b.world.observer; o != nil {
		c.Journal = o.config(b)
		return nil
	}
	if !b.world.schedule.Journal {
		return nil
	}
	disk := &journalDisk{files: make(map[string]*journalFile)}
	c.Journal = journal.Config{
		Dir: journalDir, FS: disk, OnFull: journal.FullWait, Durability: journal.SyncNone,
		RingBytes: 1 << 20, SegmentBytes: 8 << 20,
		Clock: func() int64 { return 1 }, Wall: func() int64 { return 1 }, // the writer's, which is no part of the day
	}
	s := &script{disk: disk, calls: make(map[int][]func(*engine.Engine))}
	return s
}

// replayJournals replays what every process has recorded.
func (w *World) replayJournals() {
	for _, b := range w.bots {
		for i, s := range b.scripts {
			if w.failed() {
				return
			}
			result, err := s.rerun()
			w.result.Replayed += result.Rounds
			switch {
			case err != nil:
				w.fail("replay", b, "process %d: %v", i+1, err)
			case result.Difference != nil:
				w.fail("replay", b, "process %d: %v", i+1, result.Difference)
			case s.replay.handlers != s.handlers:
				w.fail("replay", b, "process %d: %d handlers were called, %d in the replay", i+1, s.handlers,
					s.replay.handlers)
			}
		}
	}
}

// rerun replays a script.
func (s *script) rerun() (engine.ReplayResult, error) {
	r := &rerun{script: s}
	s.replay = r
	c := engine.ReplayConfig{Dir: journalDir, FS: s.disk, Do: func(n int) {
		if n < len(s.betweens) {
			s.betweens[n](r.Engine)
		}
	}}
	return engine.Replay(c, s.config, func(e *engine.Engine) error {
		r.Engine = e
		for _, register := range s.register {
			register(r)
		}
		return nil
	})
}

// journalDisk is the disk of a journal, whose writer is a goroutine of its own.
type journalDisk struct {
	mu    sync.Mutex
	files map[string]*journalFile
}

// MkdirAll implements journal.FS.
func (d *journalDisk) MkdirAll(string) error { return nil }

// SyncDir implements journal.FS.
func (d *journalDisk) SyncDir(string) error { return nil }

// ReadDir implements journal.FS.
func (d *journalDisk) ReadDir(dir string) (names []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.files {
		if filepath.Dir(name) == dir {
			names = append(names, filepath.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Open implements journal.FS.
func (d *journalDisk) Open(name string, flag int) (journal.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[name]
	switch {
	case f == nil && flag&os.O_CREATE == 0:
		return nil, fs.ErrNotExist
	case f == nil:
		f = &journalFile{disk: d}
		d.files[name] = f
	case flag&os.O_TRUNC != 0:
		f.data, f.size = nil, 0
	}
	return f, nil
}

// Remove implements journal.FS.
func (d *journalDisk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[name] == nil {
		return fs.ErrNotExist
	}
	delete(d.files, name)
	return nil
}

// Lock implements journal.FS.
func (d *journalDisk) Lock(string) (lock io.Closer, held bool, err error) {
	return &journalFile{disk: d}, false, nil
}

// journalFile is a file of a journalDisk. What was claimed and not written reads as zeros.
type journalFile struct {
	disk *journalDisk
	data []byte
	size int64
}

// ReadAt implements journal.File.
func (f *journalFile) ReadAt(b []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	n, err := bytes.NewReader(f.data).ReadAt(b, at)
	if zeros := min(int64(len(b)), f.size-at) - int64(n); zeros > 0 && err != nil {
		clear(b[n : int64(n)+zeros])
		if n += int(zeros); n == len(b) {
			err = nil
		}
	}
	return n, err
}

// WriteAt implements journal.File.
func (f *journalFile) WriteAt(b []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if at < 0 || at > f.size {
		return 0, errors.New("prove: a journal is written beyond its end")
	}
	if more := at + int64(len(b)) - int64(len(f.data)); more > 0 {
		f.data = append(f.data, make([]byte, more)...)
	}
	f.size = max(f.size, int64(len(f.data)))
	return copy(f.data[at:], b), nil
}

// Size implements journal.File.
func (f *journalFile) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return f.size, nil
}

// Truncate implements journal.File.
func (f *journalFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.size = size
	f.data = f.data[:min(int64(len(f.data)), size)]
	return nil
}

// Allocate implements journal.File.
func (f *journalFile) Allocate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.size = max(f.size, size)
	return nil
}

// Sync implements journal.File.
func (f *journalFile) Sync() error { return nil }

// Close implements journal.File.
func (f *journalFile) Close() error { return nil }
