//go:build !race

package steps

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The child's main goroutine stays on the thread that is traced.
func init() {
	if IsChild() {
		runtime.LockOSThread()
	}
}

// Child does the work of all paths, each call between two breakpoints, and does not return.
func Child(paths []Path) {
	for _, p := range append([]Path{nothing}, paths...) {
		work, err := p.New()
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
			os.Exit(1)
		}
		i := 0
		for ; i < warmRounds*p.Calls; i++ {
			work(i)
		}
		for range p.times() * p.Calls {
			runtime.Breakpoint()
			work(i)
			runtime.Breakpoint()
			i++
		}
	}
	os.Exit(0)
}

// nothing is what calling the work and the breakpoints cost by themselves.
var nothing = Path{Name: "nothing", Calls: 1, New: func() (func(int), error) { return func(int) {}, nil }}

// Count returns the instructions of a round of each path. The program that calls it is started a
// second time; its main must call Child if IsChild. [ErrUnavailable] means that the system
// forbids it, or that it was not done in time, again and again.
func Count(paths []Path) (counts []int, err error) {
	for range attempts {
		counts, err = count(paths)
		if !errors.Is(err, errLate) {
			break
		}
	}
	for _, refusal := range []error{syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.EINVAL, syscall.EIO, errLate} {
		if errors.Is(err, refusal) && !errors.Is(err, ErrUnavailable) {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return counts, err
}

// count is one attempt.
func count(paths []Path) ([]int, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// All of ptrace is for the thread that began it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// On one processor the two hand over to each other at once, instead of waking an idle one
	// for each instruction: ten times as fast.
	defer pin()()
	pid, err := syscall.ForkExec(program, os.Args[:1], &syscall.ProcAttr{
		Env:   append(os.Environ(), childEnv+"=1", "GOGC=off", "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1"),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	t := &tracee{pid: pid}
	defer t.kill()
	var late atomic.Bool
	defer time.AfterFunc(patience, func() {
		late.Store(true)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}).Stop()
	counts, err := t.rounds(paths)
	if late.Load() {
		return nil, errLate
	}
	return counts, err
}

// patience is for a machine that is very busy, and attempts are for a thread that was stopped while
// it held a lock of the runtime's that the work wants.
const (
	patience = 45 * time.Second
	attempts = 3
)

var errLate = fmt.Errorf("steps: not done after %v", patience)

// rounds counts all paths.
func (t *tracee) rounds(paths []Path) ([]int, error) {
	if signal, err := t.wait(); err != nil || signal != syscall.SIGTRAP { // the exec
		return nil, fmt.Errorf("%w: %v, %w", ErrUnavailable, signal, err)
	}
	base, err := t.round(1, rounds)
	if err != nil {
		return nil, err
	}
	counts := make([]int, len(paths))
	for i, p := range paths {
		if counts[i], err = t.round(p.Calls, p.times()); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		counts[i] -= p.Calls * base
	}
	return counts, nil
}

// pin binds this thread, and with it the child, to one processor: the last, for who binds something
// that spins takes the first as a rule.
func pin() (unpin func()) {
	var all, one unix.CPUSet
	cpu := len(all)*64 - 1
	if unix.SchedGetaffinity(0, &all) != nil {
		return func() {}
	}
	for cpu > 0 && !all.IsSet(cpu) {
		cpu--
	}
	one.Set(cpu)
	_ = unix.SchedSetaffinity(0, &one)
	return func() { _ = unix.SchedSetaffinity(0, &all) }
}

// tracee is the child.
type tracee struct {
	pid    int    // also the thread's that is stepped through; 0 once it has ended
	frozen []int  // its other threads, while they are stopped
	behind uint64 // the address behind the breakpoint, of which the runtime has one
}

// freeze stops all threads of the child but the one that does the work. The runtime's monitor is
// one of them: it asks whoever runs for long to make room, and stepped through everything does.
func (t *tracee) freeze() error {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", t.pid))
	if err != nil {
		return err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if id == t.pid {
			continue
		}
		if err := syscall.PtraceAttach(id); err != nil {
			return err
		}
		t.frozen = append(t.frozen, id)
		if _, err := syscall.Wait4(id, nil, unix.WALL, nil); err != nil {
			return err
		}
	}
	return nil
}

func (t *tracee) thaw() {
	for _, id := range t.frozen {
		_ = syscall.PtraceDetach(id) // of a child that has ended it fails, and need not succeed
	}
	t.frozen = nil
}

// round counts the calls of a path, several times, and returns the sum of each call's least.
func (t *tracee) round(calls, times int) (sum int, err error) {
	least := make([]int, calls)
	for i := range least {
		least[i] = math.MaxInt
	}
	if err := t.run(syscall.PtraceCont); err != nil {
		return 0, err
	}
	if t.behind, err = t.at(); err != nil {
		return 0, err
	}
	if err := t.freeze(); err != nil {
		return 0, err
	}
	defer t.thaw()
	for round := range times {
		for i := range least {
			n, err := t.call(round+i == 0)
			if err != nil {
				return 0, err
			}
			least[i] = min(least[i], n)
		}
	}
	for _, n := range least {
		sum += n
	}
	return sum, nil
}

// call runs to the next breakpoint, unless the child is there, and counts the instructions to
// the one after it.
func (t *tracee) call(there bool) (n int, err error) {
	if !there {
		if err := t.run(syscall.PtraceCont); err != nil {
			return 0, err
		}
	}
	for {
		if err := t.run(func(pid, signal int) error { return syscall.PtraceSingleStep(pid) }); err != nil {
			return 0, err
		}
		at, err := t.at()
		if err != nil || at == t.behind {
			return n, err
		}
		n++
	}
}

// run lets the child go on until it stops for us.
func (t *tracee) run(resume func(pid, signal int) error) error {
	signal := syscall.Signal(0)
	for {
		if err := resume(t.pid, int(signal)); err != nil {
			return err
		}
		var err error
		if signal, err = t.wait(); err != nil || signal == syscall.SIGTRAP {
			return err
		}
		if signal != syscall.SIGURG { // which the runtime sends itself, and can do without
			return fmt.Errorf("steps: the child got %v", signal)
		}
		signal = 0
	}
}

func (t *tracee) wait() (syscall.Signal, error) {
	var status syscall.WaitStatus
	for {
		// Of all: one that was killed while its other threads were stopped has not ended before
		// their ends were heard of.
		pid, err := syscall.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, err
		case pid != t.pid:
		case !status.Stopped():
			t.pid = 0
			return 0, errEnded
		default:
			return status.StopSignal(), nil
		}
	}
}

var errEnded = errors.New("steps: the child ended early")

// at is the address of the instruction that comes next.
func (t *tracee) at() (uint64, error) {
	var regs syscall.PtraceRegs
	err := syscall.PtraceGetRegs(t.pid, &regs)
	return regs.Rip, err
}

func (t *tracee) kill() {
	if t.pid == 0 {
		return
	}
	_ = syscall.Kill(t.pid, syscall.SIGKILL)
	for t.pid != 0 {
		if _, err := t.wait(); err != nil {
			return
		}
	}
}
