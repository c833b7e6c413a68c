package smk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRelease holds what a release is made of to what there is, and checks the types of its program for each system,
// without building it: make release-snapshot does that.
func TestRelease(t *testing.T) {
	content, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := string(content)
	files := 0
	for _, m := range regexp.MustCompile(`src: ([^,}\s]+)|(scripts/[\w-]+\.sh)`).FindAllStringSubmatch(config, -1) {
		name := m[1] + m[2]
		if strings.HasPrefix(name, "bin/release/") {
			continue // made by scripts/release-files.sh
		}
		files++
		if found, err := filepath.Glob(name); err != nil || len(found) == 0 {
			t.Errorf("a release needs %s", name)
		}
	}
	if files < 8 {
		t.Errorf("only %d files of the project", files)
	}
	version := regexp.MustCompile(`-X main\.(\w+)=`).FindStringSubmatch(config)
	source, err := os.ReadFile("tools/smk/version.go")
	if err != nil {
		t.Fatal(err)
	}
	if version == nil || !strings.Contains(string(source), "\nvar "+version[1]+" string\n") {
		t.Errorf("the linker sets %q, which the program does not have", version)
	}
	system := regexp.MustCompile(`(?m)^    (goos|goarch): \[(.*)\]$`)
	named := make(map[string][]string)
	for _, m := range system.FindAllStringSubmatch(config, -1) {
		named[m[1]] = strings.Split(m[2], ", ")
	}
	if len(named["goos"]) < 2 || len(named["goarch"]) < 2 {
		t.Fatalf("systems %v", named)
	}
	var systems []string
	for _, goos := range named["goos"] {
		for _, goarch := range named["goarch"] {
			systems = append(systems, goos+"/"+goarch)
		}
	}
	checkRelease(t, systems)
}

// TestUnits holds the services of packages to commands that there are.
func TestUnits(t *testing.T) {
	units, err := filepath.Glob("packaging/*.service")
	if err != nil || len(units) < 2 {
		t.Fatal(units, err)
	}
	for _, name := range units {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		unit := string(content)
		for _, want := range []string{
			"\nNoNewPrivileges=yes\n", "\nDynamicUser=yes\n", "\nProtectSystem=strict\n", "\nRestart=on-failure\n",
		} {
			if !strings.Contains(unit, want) {
				t.Errorf("%s has no %s", name, strings.TrimSpace(want))
			}
		}
		m := regexp.MustCompile(`ExecStart=/usr/bin/smk (\w+)`).FindStringSubmatch(unit)
		if m != nil && !commandNames(t)[m[1]] {
			t.Errorf("%s: there is no smk %s", name, m[1])
		}
	}
}

// TestWorkflows holds what runs on every change to what there is: the checks, and a release that is not published.
func TestWorkflows(t *testing.T) {
	workflow, err := os.ReadFile(".github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	ran := make(map[string]bool)
	run := regexp.MustCompile(`(?m)^ +- run: (bash|make) (\S+)$`)
	for _, m := range run.FindAllStringSubmatch(string(workflow), -1) {
		ran[m[2]] = true
		_, err := os.Stat(m[2])
		if there := err == nil || strings.Contains(string(makefile), "\n"+m[2]+":"); !there {
			t.Errorf("there is no %s to run", m[2])
		}
	}
	if !ran[".ci/run"] || !ran["release-snapshot"] || len(ran) != strings.Count(string(workflow), " run: ") {
		t.Errorf("runs %v", ran)
	}
}
