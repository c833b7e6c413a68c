package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"runtime"
	"strings"
	"time"
)

// Machine is what this system says about itself and this process. An error that is errors.ErrUnsupported means that it
// does not say it.
type Machine interface {
	CPUs() (CPUs, error)
	Governors() ([]string, error) // of each CPU that has one
	OpenFiles() (open int, l Limit, err error)
	LockedMemory() (Limit, error) // bytes
	ClockSync() (ClockSync, error)
}

// CPUs are the processors that the process may use.
type CPUs struct {
	Allowed []int // their numbers; nil if only how many is known
	Count   int
	Procs   int // GOMAXPROCS, which follows the limit of a container
}

// Limit is a limit of the process. What has no limit is Unlimited.
type Limit struct{ Soft, Hard uint64 }

// Unlimited is the value of a limit that is none.
const Unlimited = math.MaxUint64

// ClockSync is what the kernel says about the synchronisation of its clock.
type ClockSync struct {
	Synchronized bool
	Estimated    time.Duration // error, as the program that synchronizes it estimates it
	Max          time.Duration // error, at most
}

// local is this machine.
type local struct{}

// governorFiles are the files with the governor of each CPU, in /sys.
const governorFiles = "devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"

// readGovernors reads them. The error is errors.ErrUnsupported if there is none.
func readGovernors(sys fs.FS) ([]string, error) {
	names, err := fs.Glob(sys, governorFiles)
	if err != nil {
		return nil, err
	}
	var governors []string
	for _, name := range names {
		text, err := fs.ReadFile(sys, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Dir(name), err)
		}
		governors = append(governors, strings.TrimSpace(string(text)))
	}
	if len(governors) == 0 {
		return nil, errors.ErrUnsupported
	}
	return governors, nil
}

// unread reports a check that could not be made: Skip if the system does not say it.
func unread(name string, err error) Check {
	if !errors.Is(err, errors.ErrUnsupported) {
		return skip(name, "cannot be read: %v", err)
	}
	if runtime.GOOS != "linux" {
		return skip(name, "checked on Linux only, this is %s", runtime.GOOS)
	}
	return skip(name, "this system does not say")
}
