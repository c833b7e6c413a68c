package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStepBack holds that a screen goes behind every other process with all of its threads, and that a command leaves a
// process that is not its own as it is.
func TestStepBack(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "smk", "dash", "--json", "--until-eof", "--journal="+t.TempDir())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it serves
		t.Fatal(err)
	}
	before, after := priority(t, 0), priority(t, cmd.Process.Pid)
	if after != max(watcherNice, before) {
		t.Errorf("nice %d, of the process that began it %d", after, before)
	}
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if stepBack(stdio{nil, new(strings.Builder), nil}); priority(t, 0) != before {
		t.Errorf("a command in a process of another's: nice %d, before %d", priority(t, 0), before)
	}
}

// priority returns how far the thread of a process that goes first has stepped back; 0 is the process itself.
func priority(t *testing.T, pid int) int {
	t.Helper()
	process := "self"
	if pid != 0 {
		process = strconv.Itoa(pid)
	}
	tasks, err := filepath.Glob("/proc/" + process + "/task/*")
	if err != nil || len(tasks) == 0 {
		t.Fatal(tasks, err)
	}
	first := 19
	for _, task := range tasks {
		id, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			t.Fatal(err)
		}
		if p, err := unix.Getpriority(unix.PRIO_PROCESS, id); err == nil { // or it has ended
			first = min(first, 20-p)
		}
	}
	return first
}
