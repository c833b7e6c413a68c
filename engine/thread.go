package engine

import (
	"runtime"

	"github.com/smk-go/smk/engine/internal/transport"
)

// pinThread locks Run's goroutine to its thread and the thread to a CPU, as the settings say, and returns a
// function that undoes both.
func (e *Engine) pinThread() (unpin func(), err error) {
	switch {
	case e.config.Pin:
		if unpin, err = transport.PinThread(e.config.Core); err != nil {
			return nil, &ConfigError{"Core", "cannot be pinned to: " + err.Error()}
		}
		return unpin, nil
	case e.config.LockThread:
		runtime.LockOSThread()
		return runtime.UnlockOSThread, nil
	}
	return func() {}, nil
}
