package engine_test

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// writesThrough is the system's file system, whose writes ask first; what that returns is their error.
type writesThrough struct {
	journal.OS
	ask func() error
}

func (d writesThrough) Open(name string, flag int) (journal.File, error) {
	f, err := d.OS.Open(name, flag)
	if err != nil {
		return nil, err
	}
	return askedFile{f, d.ask}, nil
}

type askedFile struct {
	journal.File
	ask func() error
}

func (f askedFile) WriteAt(b []byte, at int64) (int, error) {
	if err := f.ask(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(b, at)
}

// TestJournalFails fills the disk up in the middle of a day: the engine halts, goes on, or stops, as it is set.
func TestJournalFails(t *testing.T) {
	for policy, name := range map[journal.FailurePolicy]string{
		journal.FailHalt: "halt", journal.FailContinue: "continue", journal.FailStop: "stop",
	} {
		t.Run(name, func(t *testing.T) {
			onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
				var full atomic.Bool
				var reported atomic.Pointer[journal.DiskError]
				config.Journal = journal.Config{
					Dir: t.TempDir(), OnFailure: policy, FS: writesThrough{ask: func() error {
						if full.Load() {
							return &os.PathError{Op: "write", Path: "journal", Err: syscall.ENOSPC}
						}
						return nil
					}},
					Failed: func(err error) {
						var disk *journal.DiskError
						if errors.As(err, &disk) {
							reported.Store(disk)
						}
					},
				}
				d := &tradingDay{t: t}
				r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
				advance(time.Second)
				place := func() (err error) {
					d.do(r, func() { _, err = d.Place(limit(odds.Buy, 500)) })
					return err
				}
				if err := place(); err != nil {
					t.Fatal(err)
				}
				full.Store(true)
				if policy == journal.FailStop {
					if err := r.wait(); err == nil || !errors.Is(err, syscall.ENOSPC) {
						t.Errorf("ended with %v", err)
					}
				} else {
					advance(5 * time.Second)
				}
				if reported.Load() == nil || !errors.Is(reported.Load(), syscall.ENOSPC) {
					t.Errorf("reported %v", reported.Load())
				}
				if s, ok := r.JournalStats(); !ok || s.Failed == nil {
					t.Errorf("%+v", s)
				}
				if policy == journal.FailStop {
					return
				}
				err := place()
				var mode risk.Status
				d.do(r, func() { mode = d.Mode() })
				switch policy {
				case journal.FailHalt:
					if err == nil || mode.Mode != risk.Halted || !strings.Contains(mode.Cause.String(), "journal") ||
						liveOrders(t, server) != 0 {
						t.Errorf("%v, %+v", err, mode)
					}
				case journal.FailContinue:
					if err != nil || mode.Mode != risk.Active {
						t.Errorf("%v, %+v", err, mode)
					}
				case journal.FailStop:
				}
				r.Stop()
				if err := r.wait(); errors.Is(err, syscall.ENOSPC) != (policy == journal.FailHalt) {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// TestJournalInUse refuses a second writer, and settings out of their limits, and says so.
func TestJournalInUse(t *testing.T) {
	config := engine.Config{Address: "exchange.test:3801", DisableTLS: true}
	config.Session.Username, config.Session.Password = "user", "password"
	config.Journal.Dir = t.TempDir()
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.New(config); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("a second writer: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	config.Journal.RingBytes = 3
	var refused *journal.ConfigError
	if _, err := engine.New(config); !errors.As(err, &refused) {
		t.Errorf("a ring of 3 bytes: %v", err)
	}
	if _, ok := e.JournalStats(); !ok {
		t.Error("no counts after the end")
	}
}
