package suite

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/smk-go/smk/bench/compare"
)

// Machine is what the numbers were measured on.
type Machine struct {
	CPU   string `json:"cpu"` // "" if the system does not tell
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Level string `json:"level"` // of the architecture that the code was built for, "" if none
	Go    string `json:"go"`
}

func (m Machine) String() string {
	cpu := m.CPU
	if cpu == "" {
		cpu = "unknown processor"
	}
	level := ""
	if m.Level != "" {
		level = " " + m.Level
	}
	return fmt.Sprintf("%s, %d cores, %s/%s%s, %s", cpu, m.Cores, m.OS, m.Arch, level, m.Go)
}

func thisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = cpuName(info)
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, s := range build.Settings {
			if s.Key == "GO"+strings.ToUpper(runtime.GOARCH) {
				m.Level = s.Value
			}
		}
	}
	return m
}

// cpuName finds the processor's name in what Linux says of it.
func cpuName(info []byte) string {
	for line := range bytes.Lines(info) {
		if key, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(key)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// modules are the versions of the peers that this program was built of, by their paths.
func modules() map[string]string {
	versions := make(map[string]string)
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, m := range build.Deps {
		if slices.ContainsFunc(compare.All(), func(p compare.Peer) bool { return p.Module == m.Path }) {
			versions[m.Path] = m.Version
		}
	}
	return versions
}
