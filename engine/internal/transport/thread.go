package transport

import "runtime"

// PinThread locks the calling goroutine to its thread, and the thread to a CPU. It
// returns a function for the same goroutine that undoes both. After an error
// neither is locked. [CanPin] says whether the system supports it.
func PinThread(core int) (unpin func(), err error) {
	runtime.LockOSThread()
	restore, err := setAffinity(core)
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	return func() {
		// A thread whose CPUs cannot be restored stays locked: it ends with its
		// goroutine instead of running others on one CPU.
		if restore() == nil {
			runtime.UnlockOSThread()
		}
	}, nil
}
