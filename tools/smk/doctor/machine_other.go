//go:build !linux

package doctor

import (
	"errors"
	"runtime"
)

// CPUs implements Machine.
func (local) CPUs() (CPUs, error) {
	return CPUs{Count: runtime.NumCPU(), Procs: runtime.GOMAXPROCS(0)}, nil
}

// Governors implements Machine.
func (local) Governors() ([]string, error) { return nil, errors.ErrUnsupported }

// OpenFiles implements Machine.
func (local) OpenFiles() (int, Limit, error) { return 0, Limit{}, errors.ErrUnsupported }

// LockedMemory implements Machine.
func (local) LockedMemory() (Limit, error) { return Limit{}, errors.ErrUnsupported }

// ClockSync implements Machine.
func (local) ClockSync() (ClockSync, error) { return ClockSync{}, errors.ErrUnsupported }
