package engine

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
)

// halts is what throws the kill switch from outside of the loop.
type halts struct {
	cause   atomic.Pointer[risk.Cause] // of a request that the loop has not taken
	beats   beats
	file    haltFile
	signals chan os.Signal

	// The loop only.
	pause    int64 // before the next retry of a kill switch that gave up
	retryAt  int64 // clock reading, never if there is none
	loggedIn bool  // once more, for a kill switch that gave up

	incomplete order.Why // of HaltIncomplete, as of the last change
}

// retryLater sets when a kill switch that gave up begins again.
func (h *halts) retryLater(now int64) {
	h.pause = min(max(2*h.pause, int64(HaltRetry)), int64(haltRetryMax))
	h.retryAt = now + h.pause
}

// checkHalts checks the settings of signals and file, and replaces zeros by defaults.
func (c *StateConfig) checkHalts() error {
	switch {
	case slices.Contains(c.HaltSignals, nil), slices.Contains(c.HaltSignals, os.Kill):
		return &ConfigError{"State.HaltSignals", "must not have nil or a signal that cannot be caught"}
	case c.HaltIncomplete&order.NotCaughtUp != 0:
		return &ConfigError{"State.HaltIncomplete", "must not have NotCaughtUp: each lost connection would halt"}
	case c.HaltFilePeriod != 0 && c.HaltFile == "":
		return &ConfigError{"State.HaltFilePeriod", "needs HaltFile"}
	case c.HaltFilePeriod != 0 && (c.HaltFilePeriod < haltFilePeriodMin || c.HaltFilePeriod > durationMax):
		return &ConfigError{"State.HaltFilePeriod", "must be 0, or 10 ms to 24 hours"}
	}
	if c.HaltFilePeriod == 0 {
		c.HaltFilePeriod = HaltFilePeriod
	}
	c.HaltSignals = slices.Clone(c.HaltSignals)
	return nil
}

// watchHalts starts what watches signals and the file, until the engine ends. A file that exists halts before it
// returns.
func (e *Engine) watchHalts() {
	c, h := &e.config.State, &e.trading.halts
	if len(c.HaltSignals) > 0 {
		h.signals = make(chan os.Signal, 1) // one that finds no room comes after another, which halts
		signal.Notify(h.signals, c.HaltSignals...)
		go e.watchSignals()
	}
	if h.file.path = c.HaltFile; c.HaltFile != "" {
		e.checkFile()
		go e.watchFile()
	}
}

// watchSignals halts for each signal.
func (e *Engine) watchSignals() {
	signals := e.trading.halts.signals
	defer signal.Stop(signals)
	for {
		select {
		case s := <-signals:
			_ = e.requestHalt(risk.Cause{Trigger: risk.TriggerSignal, Reason: s.String()})
		case <-e.ended:
			return
		}
	}
}

// haltFile is a path that halts while there is something, or while that cannot be found out.
type haltFile struct {
	path   string
	held   atomic.Bool // as of the last check
	result chan error  // of a check that is under way; the goroutine that watches only
}

// errFileExists is the result of a check of a file that exists.
var errFileExists = errors.New("file exists")

// watchFile checks the file every period.
func (e *Engine) watchFile() {
	ticker := time.NewTicker(e.config.State.HaltFilePeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			e.checkFile()
		case <-e.ended:
			return
		}
	}
}

// checkFile halts if the file appeared, or if a check fails or does not end in time. A check that does not end is the
// only one that is under way: a file system that hangs keeps one goroutine.
func (e *Engine) checkFile() {
	f := &e.trading.halts.file
	if f.result == nil {
		f.result = make(chan error, 1)
		go func(result chan<- error) { result <- checkAbsent(f.path) }(f.result)
	}
	timer := time.NewTimer(haltFileTimeout)
	defer timer.Stop()
	var err error
	select {
	case err = <-f.result:
		f.result = nil
	case <-timer.C:
		err = errors.New("cannot be read: no answer within " + haltFileTimeout.String())
	case <-e.ended:
		return
	}
	if held := f.held.Swap(err != nil); err != nil && !held {
		_ = e.requestHalt(risk.Cause{Trigger: risk.TriggerFile, Reason: f.path + ": " + err.Error()})
	}
}

// checkAbsent returns nil if there is nothing at a path, in a directory that is there.
func checkAbsent(path string) error {
	_, err := os.Lstat(path)
	if err == nil {
		return errFileExists
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err == nil && !dir.IsDir() {
		err = errors.New("is in no directory")
	}
	return err
}
