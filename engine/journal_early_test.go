package engine_test

import (
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/journal"
)

// syncFailingDisk is the system's file system, whose files cannot be made durable once that fails.
type syncFailingDisk struct {
	journal.OS
	fails *atomic.Bool
}

func (d syncFailingDisk) Open(name string, flag int) (journal.File, error) {
	f, err := d.OS.Open(name, flag)
	return syncFailingFile{f, d.fails}, err
}

type syncFailingFile struct {
	journal.File
	fails *atomic.Bool
}

func (f syncFailingFile) Sync() error {
	if f.fails.Load() {
		return &os.PathError{Op: "sync", Path: "journal", Err: syscall.EIO}
	}
	return f.File.Sync()
}

// stateAfter is the system's file system for the state, which is opened when a channel is closed.
type stateAfter struct {
	statefile.OS
	begin func()
}

func (d stateAfter) Open(name string, flag int) (engine.File, error) {
	d.begin()
	return d.OS.Open(name, flag)
}

// TestJournalFailsEarly has the journal's disk fail while New reads the state: the engine is halted.
func TestJournalFailsEarly(t *testing.T) {
	var fails atomic.Bool
	failed := make(chan struct{})
	config := engine.Config{Address: "exchange.test:3801", DisableTLS: true}
	config.Session.Username, config.Session.Password = "user", "password"
	config.Journal = journal.Config{
		Dir: t.TempDir(), FS: syncFailingDisk{fails: &fails}, Interval: time.Millisecond,
		Failed: func(error) { close(failed) },
	}
	config.State.File = t.TempDir() + "/state"
	config.State.Files = stateAfter{begin: func() {
		if !fails.Swap(true) {
			<-failed
		}
	}}
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if s := e.Mode(); s.Mode != risk.Halted || s.Cause.Who != "journal" {
		t.Errorf("%+v", s)
	}
}
