package engine_test

import (
	"os"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
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
