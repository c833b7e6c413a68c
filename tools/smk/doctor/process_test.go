package doctor

import (
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"testing"
	"testing/fstest"
	"time"
)

// machine is a healthy one but for what is set.
type machine struct {
	healthyMachine
	cpus      *CPUs
	governors []string
	open      int
	files     *Limit
	sync      *ClockSync
	err       error // of everything
}

func (m machine) CPUs() (CPUs, error) {
	if m.cpus != nil {
		return *m.cpus, m.err
	}
	c, _ := m.healthyMachine.CPUs()
	return c, m.err
}

func (m machine) Governors() ([]string, error) {
	if m.governors != nil {
		return m.governors, m.err
	}
	g, _ := m.healthyMachine.Governors()
	return g, m.err
}

func (m machine) OpenFiles() (int, Limit, error) {
	if m.files != nil {
		return m.open, *m.files, m.err
	}
	return m.open, Limit{4096, 4096}, m.err
}

func (m machine) LockedMemory() (Limit, error) { return Limit{8 << 20, Unlimited}, m.err }

func (m machine) ClockSync() (ClockSync, error) {
	if m.sync != nil {
		return *m.sync, m.err
	}
	s, _ := m.healthyMachine.ClockSync()
	return s, m.err
}

// TestMachine plants what a machine says.
func TestMachine(t *testing.T) {
	one := &CPUs{Allowed: []int{1}, Count: 1, Procs: 1}
	quota := &CPUs{Allowed: []int{0, 1, 2, 3, 6}, Count: 5, Procs: 1}
	for _, c := range []struct {
		name    string
		machine machine
		environ []string
		check   string
		status  Status
		says    []string
	}{
		{name: "cores", check: nameCores, status: OK, says: []string{"4 CPUs (0-3), GOMAXPROCS 4; loop: wait block, " +
			"not pinned"}},
		{
			name: "one core, a loop that spins", machine: machine{cpus: one}, environ: []string{"SMK_WAIT=spin"},
			check: nameCores, status: Warn, says: []string{"1 CPU (1)", "wait spin", "engine.wait = block"},
		},
		{
			name: "a quota", machine: machine{cpus: quota}, environ: []string{"SMK_WAIT=spinblock"},
			check: nameCores, status: Warn, says: []string{"5 CPUs (0-3, 6), GOMAXPROCS 1"},
		},
		{name: "one core, a loop that sleeps", machine: machine{cpus: one}, check: nameCores, status: OK},
		{
			name: "governor", machine: machine{governors: []string{"powersave", "performance", "powersave"}},
			check: nameGovernor, status: Warn, says: []string{"performance on 1 CPU, powersave on 2 CPUs", "cpupower"},
		},
		{name: "fast", check: nameGovernor, status: OK, says: []string{"performance on 2 CPUs"}},
		{
			name: "few descriptors", machine: machine{open: 9, files: &Limit{72, 72}}, check: nameDescriptors,
			status: Fail,
			says:   []string{"9 open, RLIMIT_NOFILE 72 (at most 72)", "ulimit -n", "LimitNOFILE", "--ulimit"},
		},
		{name: "just enough", machine: machine{open: 9, files: &Limit{73, 72}}, check: nameDescriptors, status: Warn},
		{name: "enough", machine: machine{open: 9, files: &Limit{265, 265}}, check: nameDescriptors, status: OK},
		{
			name: "any number", machine: machine{files: &Limit{Unlimited, Unlimited}}, check: nameDescriptors,
			status: OK, says: []string{"unlimited"},
		},
		{
			name: "memory", machine: machine{}, check: nameMemory, status: OK,
			says: []string{"RLIMIT_MEMLOCK 8388608 bytes", "locks no memory"},
		},
		{
			name: "clock", check: nameClock, status: OK,
			says: []string{"offset to the exchange unknown", "is synchronized, error about 300µs, at most 12ms"},
		},
		{
			name: "wild clock", machine: machine{sync: &ClockSync{}}, check: nameClock, status: Warn,
			says: []string{"not synchronized", "chrony"},
		},
		{
			name: "old time", machine: machine{sync: &ClockSync{true, time.Second, 2 * time.Second}}, check: nameClock,
			status: Warn, says: []string{"at most 2s", "time servers"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Address: "127.0.0.1:1", NoLogin: true, Machine: c.machine}
			expect(t, examine(t, o, c.environ...), c.check, c.status, c.says...)
		})
	}
}

// TestPin pins the loop to a CPU that the process may not use.
func TestPin(t *testing.T) {
	d := &doctor{Options: Options{Machine: healthyMachine{}}}
	d.engine.Pin, d.engine.Core = true, 4
	r := &Report{Checks: []Check{d.cores()}}
	if runtime.GOOS != "linux" {
		expect(t, r, nameCores, Fail, "cannot pin")
		return
	}
	expect(t, r, nameCores, Fail, "pinned to CPU 4", "engine.core")
	d.engine.Core = 3
	expect(t, &Report{Checks: []Check{d.cores()}}, nameCores, OK, "pinned to CPU 3")
}

// TestUnread says why a check was not made.
func TestUnread(t *testing.T) {
	all := []string{nameClock, nameCores, nameGovernor, nameDescriptors, nameMemory}
	r := examine(t, Options{Address: "127.0.0.1:1", NoLogin: true, Machine: machine{err: errors.New("planted")}})
	for _, name := range all {
		expect(t, r, name, Skip, "cannot be read: planted")
	}
	r = examine(t, Options{Address: "127.0.0.1:1", NoLogin: true, Machine: machine{err: errors.ErrUnsupported}})
	want := "this system does not say"
	if runtime.GOOS != "linux" {
		want = "checked on Linux only"
	}
	for _, name := range all {
		expect(t, r, name, Skip, want)
	}
}

// TestGovernorFiles reads those of a planted /sys.
func TestGovernorFiles(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := readGovernors(fstest.MapFS{
		"devices/system/cpu/cpu0/cpufreq/scaling_governor":  file("powersave\n"),
		"devices/system/cpu/cpu11/cpufreq/scaling_governor": file("performance\n"),
		"devices/system/cpu/cpufreq/policy0/something":      file("else\n"),
	})
	if want := []string{"powersave", "performance"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("read %q, %v, want %q", got, err, want)
	}
	if got, err = readGovernors(fstest.MapFS{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("read %q, %v of nothing", got, err)
	}
	_, err = readGovernors(fstest.MapFS{"devices/system/cpu/cpu0/cpufreq/scaling_governor": {Mode: fs.ModeDir}})
	if err == nil || errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a folder is %v", err)
	}
}

// TestThisMachine asks the system itself.
func TestThisMachine(t *testing.T) {
	c, err := local{}.CPUs()
	if err != nil || c.Count < 1 || c.Procs < 1 {
		t.Errorf("CPUs: %+v, %v", c, err)
	}
	open, files, err := local{}.OpenFiles()
	linux, read := runtime.GOOS == "linux", err == nil && open >= 3 && files.Soft >= 3 && len(c.Allowed) == c.Count
	if linux && !read || !linux && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%d open, %+v, %v; CPUs %+v", open, files, err, c)
	}
	_, memory := local{}.LockedMemory()
	_, clock := local{}.ClockSync()
	_, governors := local{}.Governors()
	for _, err := range []error{memory, clock, governors} {
		if err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) {
			t.Error(err)
		}
	}
}
