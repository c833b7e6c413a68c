package engine_test

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/journal"
)

// syncFailingDisk is the system's file system, whose files cannot be made durable a second time, which is found out
// once a channel is closed.
type syncFailingDisk struct {
	journal.OS
	begun <-chan struct{}
}

func (d syncFailingDisk) Open(name string, flag int) (journal.File, error) {
	f, err := d.OS.Open(name, flag)
	return &syncFailingFile{File: f, begun: d.begun}, err
}

type syncFailingFile struct {
	journal.File
	begun <-chan struct{}
	made  atomic.Bool // durable once, as it is when the segment is made
}

func (f *syncFailingFile) Sync() error {
	if !f.made.Swap(true) {
		return f.File.Sync()
	}
	<-f.begun
	return &os.PathError{Op: "sync", Path: "journal", Err: syscall.EIO}
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
	begun, failed := make(chan struct{}), make(chan struct{})
	config := engine.Config{Address: "exchange.test:3801", DisableTLS: true}
	config.Session.Username, config.Session.Password = "user", "password"
	config.Journal = journal.Config{
		Dir: t.TempDir(), FS: syncFailingDisk{begun: begun}, Interval: time.Millisecond,
		Failed: func(error) { close(failed) },
	}
	config.State.File = t.TempDir() + "/state"
	var once sync.Once
	config.State.Files = stateAfter{begin: func() {
		once.Do(func() {
			close(begun)
			<-failed
		})
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
