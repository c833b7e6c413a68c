package transport

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// affinity returns the CPUs of the calling thread.
func affinity(t *testing.T) (set unix.CPUSet) {
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Error(err)
	}
	return set
}

// TestPinThread binds the thread to one CPU and restores its set.
func TestPinThread(t *testing.T) {
	runtime.LockOSThread() // so that every set is that of the same thread
	defer runtime.UnlockOSThread()
	before := affinity(t)
	core := 0
	for !before.IsSet(core) {
		core++
	}
	unpin, err := PinThread(core)
	if err != nil {
		t.Fatal(err)
	}
	if during := affinity(t); during.Count() != 1 || !during.IsSet(core) {
		t.Errorf("runs on %d CPUs, want on %d alone", during.Count(), core)
	}
	unpin()
	if after := affinity(t); after != before {
		t.Errorf("runs on %v, before on %v", after, before)
	}
}

// TestPinThreadToNoCore refuses a CPU that does not exist, and leaves the thread as it
// was.
func TestPinThreadToNoCore(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := affinity(t)
	if _, err := PinThread(1023); err == nil {
		t.Error("pinned to CPU 1023")
	}
	if after := affinity(t); after != before {
		t.Errorf("runs on %v, before on %v", after, before)
	}
}
