package engine_test

import (
	"errors"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/smk-go/smk/engine"
)

// affinity is the set of CPUs of the calling thread.
func affinity(t *testing.T) (set unix.CPUSet) {
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Error(err)
	}
	return set
}

// TestPin binds the loop's thread to one CPU, for as long as it runs.
func TestPin(t *testing.T) {
	runtime.LockOSThread() // so that the affinity asked for is that of one thread
	defer runtime.UnlockOSThread()
	before := affinity(t)
	core := 0
	for !before.IsSet(core) {
		core++
	}
	n := newNetwork(t, "tcp", false, loopback(t))
	config := n.config()
	config.Pin, config.Core = true, core
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	var during unix.CPUSet
	e.OnLoggedIn(func(*engine.Event) {
		during = affinity(t)
		_ = e.Close()
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		p := &peer{t: t, conn: <-n.accepted}
		p.login()
		p.wantEnd()
		_ = p.conn.Close()
	}()
	if err := e.Run(t.Context()); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
	<-done
	if during.Count() != 1 || !during.IsSet(core) {
		t.Errorf("the loop ran on %d CPUs, want on %d alone", during.Count(), core)
	}
	if after := affinity(t); after != before {
		t.Errorf("affinity is %v after Run, was %v", after, before)
	}
}

// TestPinToNoCore refuses a CPU that there is not.
func TestPinToNoCore(t *testing.T) {
	config := newNetwork(t, "pipe", false, pipe).config()
	config.Pin, config.Core = true, 1023
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	var wrong *engine.ConfigError
	if err := e.Run(t.Context()); !errors.As(err, &wrong) || wrong.Field != "Core" {
		t.Errorf("Run: %v, want a ConfigError about Core", err)
	}
}
