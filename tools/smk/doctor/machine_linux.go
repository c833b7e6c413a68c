package doctor

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// CPUs implements Machine.
func (local) CPUs() (CPUs, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return CPUs{}, os.NewSyscallError("sched_getaffinity", err)
	}
	c := CPUs{Count: set.Count(), Procs: runtime.GOMAXPROCS(0)}
	for i := 0; len(c.Allowed) < c.Count; i++ {
		if set.IsSet(i) {
			c.Allowed = append(c.Allowed, i)
		}
	}
	return c, nil
}

// Governors implements Machine.
func (local) Governors() ([]string, error) { return readGovernors(os.DirFS("/sys")) }

// OpenFiles implements Machine.
func (local) OpenFiles() (open int, l Limit, err error) {
	if l, err = limitOf(unix.RLIMIT_NOFILE); err != nil {
		return 0, l, err
	}
	files, err := os.ReadDir("/proc/self/fd")
	return len(files) - 1, l, err // one is of the folder itself
}

// LockedMemory implements Machine.
func (local) LockedMemory() (Limit, error) { return limitOf(unix.RLIMIT_MEMLOCK) }

func limitOf(resource int) (Limit, error) {
	var l unix.Rlimit
	if err := unix.Getrlimit(resource, &l); err != nil {
		return Limit{}, os.NewSyscallError("getrlimit", err)
	}
	return Limit{l.Cur, l.Max}, nil // infinity is all ones
}

// ClockSync implements Machine.
func (local) ClockSync() (ClockSync, error) {
	var t unix.Timex // no mode is set: it is only read
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return ClockSync{}, os.NewSyscallError("adjtimex", err)
	}
	return ClockSync{
		Synchronized: state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0,
		Estimated:    time.Duration(t.Esterror) * time.Microsecond,
		Max:          time.Duration(t.Maxerror) * time.Microsecond,
	}, nil
}
