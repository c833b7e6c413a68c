package doctor

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/smk-go/smk/engine"
)

const (
	// filesNeeded is how many descriptors have to be free: an engine has about twenty, with its connection, its state
	// files and those of the runtime; the rest is for the bot. Below filesWanted is a warning.
	filesNeeded = 64
	filesWanted = 256

	governorFast = "performance"
)

// cores compares the processors with what the loop is set to do with them.
func (d *doctor) cores() Check {
	cpus, err := d.Machine.CPUs()
	if err != nil {
		return unread(nameCores, err)
	}
	e := &d.engine
	pinned := "not pinned"
	if e.Pin {
		pinned = fmt.Sprintf("pinned to CPU %d", e.Core)
	}
	c := ok(nameCores, "%s%s, GOMAXPROCS %d; loop: wait %v, %s", plural(cpus.Count, "CPU", "CPUs"),
		ranges(cpus.Allowed), cpus.Procs, e.Wait, pinned)
	c.value("cpus", float64(cpus.Count))
	c.value("gomaxprocs", float64(cpus.Procs))
	switch usable := min(cpus.Count, cpus.Procs); {
	case e.Pin && runtime.GOOS != "linux":
		return c.fail("Leave out engine.pin: this system cannot pin threads.")
	case e.Pin && cpus.Allowed != nil && !slices.Contains(cpus.Allowed, e.Core):
		return c.fail("Set engine.core to a CPU that this process may use, or give it that one (taskset, cpuset).")
	case e.Wait != engine.WaitBlock && usable < 2:
		return c.warn("Use engine.wait = block, or give the process two CPUs: a loop that spins leaves none to others.")
	}
	return c
}

// ranges returns " (0-3, 7)".
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if part := fmt.Sprint(numbers[i]); i == j {
			parts = append(parts, part)
		} else {
			parts = append(parts, fmt.Sprintf("%s-%d", part, numbers[j]))
		}
		i = j + 1
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// governor reports what sets the frequency of the processors.
func (d *doctor) governor() Check {
	all, err := d.Machine.Governors()
	if err != nil {
		return unread(nameGovernor, err)
	}
	slices.Sort(all)
	var parts []string
	slow := 0
	for i := 0; i < len(all); {
		n := i
		for n < len(all) && all[n] == all[i] {
			n++
		}
		if parts = append(parts, fmt.Sprintf("%s on %s", all[i], plural(n-i, "CPU", "CPUs"))); all[i] != governorFast {
			slow += n - i
		}
		i = n
	}
	c := ok(nameGovernor, "%s", strings.Join(parts, ", "))
	if slow > 0 {
		return c.warn("Set it where latency counts, since an idle CPU is slow at first: cpupower frequency-set -g " +
			"performance.")
	}
	return c
}

// descriptors compares the descriptors that are open with their limit.
func (d *doctor) descriptors() Check {
	open, limit, err := d.Machine.OpenFiles()
	if err != nil {
		return unread(nameDescriptors, err)
	}
	c := ok(nameDescriptors, "%d open, RLIMIT_NOFILE %s (at most %s)", open, number(limit.Soft), number(limit.Hard))
	c.value("open", float64(open))
	c.value("limit", float64(limit.Soft))
	const do = "Raise the limit: ulimit -n 4096, LimitNOFILE=4096 in systemd, or --ulimit nofile=4096 in Docker."
	switch used := uint64(max(open, 0)); {
	case limit.Soft < used+filesNeeded:
		return c.fail(do)
	case limit.Soft < used+filesWanted:
		return c.warn(do)
	}
	return c
}

// lockedMemory reports a limit that nothing depends on, so that nobody has to search there.
func (d *doctor) lockedMemory() Check {
	limit, err := d.Machine.LockedMemory()
	if err != nil {
		return unread(nameMemory, err)
	}
	c := ok(nameMemory, "RLIMIT_MEMLOCK %s bytes; an engine locks no memory", number(limit.Soft))
	c.value("limit_bytes", float64(limit.Soft))
	return c
}

func number(limit uint64) string {
	if limit == Unlimited {
		return "unlimited"
	}
	return fmt.Sprint(limit)
}
