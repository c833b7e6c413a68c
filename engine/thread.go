package engine

import "runtime"

// pinThread gives Run's goroutine the thread and the CPU that the settings ask for,
// and returns what gives them back.
func (e *Engine) pinThread() (leave func(), err error) {
	if !e.config.LockThread && !e.config.Pin {
		return func() {}, nil
	}
	runtime.LockOSThread()
	if !e.config.Pin {
		return runtime.UnlockOSThread, nil
	}
	unpin, err := pin(e.config.Core)
	if err != nil {
		runtime.UnlockOSThread()
		return nil, &ConfigError{"Core", "cannot be pinned to: " + err.Error()}
	}
	return func() {
		// A thread that cannot be freed of its CPU stays locked, and ends with
		// its goroutine instead of serving others.
		if unpin() == nil {
			runtime.UnlockOSThread()
		}
	}, nil
}
