//go:build unix

package engine_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
)

// TestHaltSignal halts by a signal of the operating system.
func TestHaltSignal(t *testing.T) { // package os/signal keeps a goroutine
	n := newNetwork(t, "pipe", false, pipe)
	config := n.config()
	config.State.HaltSignals = []os.Signal{syscall.SIGHUP}
	halted := make(chan risk.Event, 1)
	startInBubble(t, config, func(e *engine.Engine) {
		e.OnRisk(func(ev risk.Event) {
			if ev.Kind == risk.ModeChanged {
				halted <- ev
			}
		})
	})
	n.accept(t).login()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	select {
	case ev := <-halted:
		if ev.Mode != risk.Halted || ev.Cause.Trigger != risk.TriggerSignal || ev.Cause.Reason != "hangup" {
			t.Errorf("%+v", ev)
		}
	case <-time.After(patience):
		t.Error("no halt")
	}
}
