//go:build !race

package instrcount

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Count returns the instructions of a round of each path, or nil where they cannot be counted. A test that calls it
// must not run in parallel with others.
func Count(t *testing.T, paths []Path) (counts []int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	onTrap, onStop, restorer := handlers()
	defer handle(t, unix.SIGTRAP, onTrap, restorer)()
	defer handle(t, unix.SIGUSR2, onStop, restorer)()
	synctest.Test(t, func(t *testing.T) {
		base := count(t, Path{Calls: 1, New: func(testing.TB) func(int) { return func(int) {} }})
		if base == 0 {
			return // an emulator without a trap flag
		}
		for _, p := range paths {
			counts = append(counts, count(t, p)-p.Calls*base)
		}
	})
	return counts
}

// count returns the sum of the least counts of each call of a round.
func count(t *testing.T, p Path) (sum int) {
	call, prepare := p.New(t), p.Prepare
	if prepare == nil {
		prepare = func() {}
	}
	i := 0
	for ; i < warmRounds*p.Calls; i++ {
		prepare()
		call(i)
	}
	least := make([]uint64, p.Calls)
	// A goroutine that has something to do, such as the writer of a journal, would take the P while threads are
	// stopped, and keep it.
	synctest.Wait()
	defer stopOthers(t)()
	for round := range rounds {
		for k := range least {
			prepare()
			before := traps
			setTrapFlag()
			call(i)
			clearTrapFlag()
			if n := traps - before; round == 0 || n < least[k] {
				least[k] = n
			}
			i++
		}
	}
	for _, n := range least {
		sum += int(n)
	}
	return sum
}

// What the signal handlers share with this file.
var (
	traps   uint64 // instructions that ended in a trap
	stop    uint32 // 1 while threads that get SIGUSR2 wait
	stopped uint32 // how many wait
)

var pid = uintptr(os.Getpid())

// stopOthers stops all threads but this one and returns what lets them go on.
//
// This goroutine has the only P, and raw system calls do not release it: no other thread runs Go code, and no lock of
// the runtime's that is needed here is held by one. The goroutine is not locked to its thread: a locked one that is
// preempted waits until another thread takes over.
func stopOthers(t *testing.T) (resume func()) {
	atomic.StoreUint32(&stop, 1)
	signalled := make(map[int]bool)
	for before := -1; before != len(signalled); {
		before = len(signalled)
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		self, _, _ := syscall.RawSyscall(unix.SYS_GETTID, 0, 0, 0)
		for _, task := range tasks {
			id, err := strconv.Atoi(task.Name())
			if err != nil {
				t.Fatal(err)
			}
			if uintptr(id) == self || signalled[id] {
				continue
			}
			if _, _, errno := syscall.RawSyscall(unix.SYS_TGKILL, pid, uintptr(id), uintptr(unix.SIGUSR2)); errno == 0 {
				signalled[id] = true // else it has ended
			}
		}
		waitStopped(uint32(len(signalled)))
	}
	return func() {
		atomic.StoreUint32(&stop, 0)
		waitStopped(0)
	}
}

// waitStopped returns when n threads are stopped.
func waitStopped(n uint32) {
	for atomic.LoadUint32(&stopped) != n {
		_, _, _ = syscall.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
	}
}

// handle sets the handler of a signal and returns what restores the old one.
func handle(t *testing.T, signal syscall.Signal, handler, restorer uintptr) (restore func()) {
	set := func(action, old *sigaction) {
		_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal),
			uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(old)), unsafe.Sizeof(action.mask), 0, 0)
		if errno != 0 {
			t.Fatal(os.NewSyscallError("rt_sigaction", errno))
		}
	}
	const onStack, restart, hasRestorer = 0x08000000, 0x10000000, 0x04000000
	var old sigaction
	set(&sigaction{handler, onStack | restart | hasRestorer, restorer, ^uint64(0)}, &old)
	return func() { set(&old, nil) }
}

// sigaction is the kernel's.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// The functions of count_linux_amd64.s.

func setTrapFlag()

func clearTrapFlag()

// handlers returns the addresses of two signal handlers, one that counts in traps and one that waits while stop is 1,
// and of the code that they return to.
func handlers() (onTrap, onStop, restorer uintptr)
