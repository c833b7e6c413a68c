package engine_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// TestReplayOfSockets records engines on every kind of connection and with every way to wait, which other goroutines
// give messages and functions to, and replays them.
func TestReplayOfSockets(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		dir := t.TempDir()
		config := n.config()
		config.Journal = journal.Config{Dir: dir, OnFull: journal.FullWait}
		var handled atomic.Int64
		counted := 0
		register := func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				if handled.Add(1)%3 == 0 {
					_, _ = e.SendOrderCreate(backHome())
				}
			})
			e.After(3*time.Millisecond, func() { _, _ = e.Ping() })
		}
		r := start(t, config, register)
		p := n.accept(t)
		p.login()
		go p.readAll()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			var done engine.Submission
			for range 20 {
				if err := r.Submitter().SendOrderCreate(small(), &done); err != nil {
					t.Error(err)
				}
				_, _ = done.Wait(t.Context())
				if err := r.Submitter().Do(func() { counted++ }, &done); err != nil {
					t.Error(err)
				}
				_, _ = done.Wait(t.Context())
			}
		}()
		for range 30 {
			var b []byte
			for range 10 {
				b = append(b, p.frame(quotes(7, 8, 2500))...)
			}
			for len(b) > 0 { // in pieces
				k := min(len(b), 37)
				p.write(b[:k])
				b = b[k:]
			}
		}
		<-ended
		for handled.Load() < 300 {
			<-time.After(time.Millisecond)
		}
		_ = r.Close()
		_ = r.wait()
		seen := handled.Swap(0)
		replayed := 0
		result, err := engine.Replay(
			engine.ReplayConfig{Dir: dir, Do: func(int) { replayed++ }}, config,
			func(e *engine.Engine) error { register(e); return nil })
		if err != nil {
			t.Fatal(err)
		}
		if result.Difference != nil || !result.Ended || handled.Load() != seen || replayed != counted {
			t.Errorf("%v, %+v, %d of %d handled, %d of %d functions", result.Difference, result, handled.Load(), seen,
				replayed, counted)
		}
		t.Logf("%+v", result)
		if _, err := engine.Replay(engine.ReplayConfig{Dir: dir}, config,
			func(e *engine.Engine) error { register(e); return nil }); !isReplayError(err) {
			t.Errorf("without functions: %v", err)
		}
	})
}

func isReplayError(err error) bool {
	var e *engine.ReplayError
	return errors.As(err, &e)
}

// TestReplayOfRuns records two runs that keep their state in a file, the first of which is killed: what the disk has
// then is replayed up to there, and later each run by its number. No file has a credential.
func TestReplayOfRuns(t *testing.T) {
	dir, killed := filepath.Join(t.TempDir(), "journal"), filepath.Join(t.TempDir(), "killed")
	state := filepath.Join(t.TempDir(), "state")
	plan := fault.Plan{}.With(fault.Million/100, fault.Delay, fault.Split, fault.Drop).
		With(fault.Million/300, fault.Cut)
	bots := make([]recordedBot, 2)
	var config engine.Config
	for i := range bots {
		config = bots[i].record(t, dir, 5, plan, func(c *engine.Config) {
			c.State.File, c.State.DurableIntents = state, true
			c.Journal.Durability = journal.SyncGroup
			if i == 0 {
				bots[0].middle = func() {
					if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for i := range bots {
		var again recordedBot
		result, err := engine.Replay(engine.ReplayConfig{Dir: dir, Run: i + 1}, config, again.start)
		if err != nil || result.Difference != nil || !result.Ended || again.requests != bots[i].requests {
			t.Errorf("run %d: %v, %+v, %v", i+1, err, result, result.Difference)
		}
	}
	var again recordedBot
	result, err := engine.Replay(engine.ReplayConfig{Dir: killed}, config, again.start)
	if before := bots[0].requests; err != nil || result.Difference != nil || result.Ended || again.requests == 0 ||
		again.requests >= before {
		t.Errorf("killed: %v, %+v, %v, %d of %d requests", err, result, result.Difference, again.requests, before)
	}
	if _, err := engine.Replay(engine.ReplayConfig{Dir: dir, Run: 3}, config, again.start); !isReplayError(err) {
		t.Errorf("no such run: %v", err)
	}
	noCredentials(t, dir, sim.DemoUsername, sim.DemoPassword)
}

// noCredentials looks for secrets in the files of a folder.
func noCredentials(t *testing.T, dir string, secrets ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s has %q", path, secret)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%v, %d files", err, files)
	}
}

// TestJournalHidesCredentials logs in over lines that break to an exchange that names its sessions: neither the
// password nor that is in the journal.
func TestJournalHidesCredentials(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		dir := t.TempDir()
		config := n.config()
		config.Session = session.Config{Username: "user of the test", Password: "password of the test"}
		config.Journal.Dir = dir
		r := startInBubble(t, config, nil)
		for range 3 {
			p := n.accept(t)
			p.login()
			p.close()
		}
		_ = r.Close()
		_ = r.wait()
		noCredentials(t, dir, "user of the test", "password of the test", "a session")
	})
}

// slowDisk takes seconds to write while slow is set.
type slowDisk struct {
	journal.OS
	slow *atomic.Bool
}

func (d slowDisk) Open(name string, flag int) (journal.File, error) {
	f, err := d.OS.Open(name, flag)
	if err != nil {
		return nil, err
	}
	return slowFile{f, d.slow}, nil
}

type slowFile struct {
	journal.File
	slow *atomic.Bool
}

func (f slowFile) WriteAt(b []byte, at int64) (int, error) {
	if f.slow.Load() {
		<-time.After(3 * time.Second)
	}
	return f.File.WriteAt(b, at)
}

// TestReplayOfLost records to a disk that is too slow for the ring: the replay says where records were lost.
func TestReplayOfLost(t *testing.T) {
	dir := t.TempDir()
	var slow atomic.Bool
	slow.Store(true)
	b := recordedBot{middle: func() { slow.Store(false) }}
	config := b.record(t, dir, 1, fault.Plan{}, func(c *engine.Config) {
		c.Journal.RingBytes, c.Journal.FS = 16<<10, slowDisk{slow: &slow}
	})
	var again recordedBot
	result, err := engine.Replay(engine.ReplayConfig{Dir: dir}, config, again.start)
	var lost *engine.ReplayError
	if !errors.As(err, &lost) || lost.Record == 0 || !strings.Contains(lost.Reason, "lost") {
		t.Errorf("%v, %+v", err, result)
	}
	if result.Difference != nil || again.requests >= b.requests {
		t.Errorf("%v, %d of %d requests", result.Difference, again.requests, b.requests)
	}
}
