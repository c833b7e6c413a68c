package engine_test

import (
	"io"
	"os"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// silent is a bot that does nothing.
func silent(*engine.Engine) error { return nil }

// startAndClose begins a run, defines markets, and ends it.
func startAndClose(t *testing.T, config engine.Config, markets int) {
	t.Helper()
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for m := range uint32(markets) {
		if err := e.DefineMarket(m+1, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// replayWhole replays a run that ended.
func replayWhole(t *testing.T, run int, config engine.Config) {
	t.Helper()
	result, err := engine.Replay(engine.ReplayConfig{Dir: config.Journal.Dir, Run: run}, config, silent)
	if err != nil || result.Difference != nil || !result.Ended {
		t.Errorf("run %d: %+v, %v", run, result, err)
	}
}

// TestReplayStartOfManyRecords has a state that neither the journal's ring nor a segment has room for at once: the run
// can be replayed, whatever is done when the ring is full.
func TestReplayStartOfManyRecords(t *testing.T) {
	for _, full := range []journal.FullPolicy{journal.FullCount, journal.FullWait} {
		config := engine.Config{Address: "exchange.test:3801", DisableTLS: true}
		config.Session.Username, config.Session.Password = "user", "password"
		config.State.File = t.TempDir() + "/state"
		startAndClose(t, config, 256)
		if i, err := os.Stat(config.State.File); err != nil || i.Size() < 16<<10 {
			t.Fatal(i.Size(), err)
		}
		config.Journal = journal.Config{Dir: t.TempDir(), RingBytes: 4 << 10, SegmentBytes: 16 << 10, OnFull: full}
		for run := range 2 {
			startAndClose(t, config, 0)
			replayWhole(t, run+1, config)
		}
		replayWhole(t, 1, config)
	}
}

// TestReplayAfterTornStart ends a process between the records of its start: the next run is one of its own.
func TestReplayAfterTornStart(t *testing.T) {
	config := engine.Config{Address: "exchange.test:3801", DisableTLS: true}
	config.Session.Username, config.Session.Password = "user", "password"
	config.Journal.Dir = t.TempDir()
	j, err := journal.Open(config.Journal)
	if err != nil {
		t.Fatal(err)
	}
	j.Recorder().Append(journal.KindStart, 1, 0, 1, []byte(`{"Version":1,`)) // and another record was to follow
	j.Recorder().Commit()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	startAndClose(t, config, 0)
	replayWhole(t, 2, config)
	if _, err := engine.Replay(engine.ReplayConfig{Dir: config.Journal.Dir, Run: 1}, config, silent); err == nil {
		t.Error("a start that is not whole is replayed")
	}
}

// replacedState is the system's file system for a state that another process, which ends, saves once more just before
// it unlocks the files.
type replacedState struct {
	statefile.OS
	path   string
	newest []byte
}

func (d replacedState) Lock(name string) (io.Closer, bool, error) {
	if err := os.WriteFile(d.path, d.newest, 0o600); err != nil {
		return nil, false, err
	}
	return d.OS.Lock(name)
}

// TestReplayAfterAnotherProcess begins a run while another process with the same state, and a journal of its own, is
// about to end: the journal has the state that the run began with.
func TestReplayAfterAnotherProcess(t *testing.T) {
	path := t.TempDir() + "/state"
	var images [2][]byte
	for i := range images {
		config := engine.Config{Address: "exchange.test:3801", DisableTLS: true}
		config.Session.Username, config.Session.Password = sim.DemoUsername, sim.DemoPassword
		config.State.File = path
		startAndClose(t, config, 0)
		var err error
		if images[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, images[0], 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var b, again recordedBot
	config := b.record(t, dir, 1, fault.Plan{}, func(c *engine.Config) {
		c.Address, c.Session.ReferenceBase = "exchange.test:3801", 0
		c.State.File, c.State.Files = path, replacedState{path: path, newest: images[1]}
	})
	result, err := engine.Replay(engine.ReplayConfig{Dir: dir}, config, again.start)
	if err != nil || result.Difference != nil || !result.Ended || result.Sent < 10 {
		t.Errorf("%+v, %v", result, err)
	}
}
