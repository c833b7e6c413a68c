package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// demoScript returns what make demo runs, with the program that is tested.
func demoScript(t *testing.T) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("smk")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "../../scripts/demo.sh")
	cmd.Env = append(os.Environ(), "SMK="+program, "DISPLAY=", "WAYLAND_DISPLAY=") // no browser opens
	return cmd
}

// TestMakeDemo holds that a first trade is followed by a match with a page on a terminal, which goes on until it is
// interrupted.
func TestMakeDemo(t *testing.T) {
	reader, terminal := pseudoTerminal(t)
	cmd := demoScript(t)
	cmd.Stdout, cmd.Stderr = terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	url := regexp.MustCompile(`dashboard +(http://\S+)`)
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		m := url.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		page, err := http.Get(m[1])
		if err != nil {
			t.Fatal(err)
		}
		_ = page.Body.Close()
		if page.StatusCode != http.StatusOK {
			t.Error(page.Status)
		}
		break
	}
	go func() { // so that the program is not held up by what it writes
		b := make([]byte, 4096)
		for {
			if _, err := reader.Read(b); err != nil {
				return
			}
		}
	}()
	if !strings.Contains(text.String(), "agrees to the last unit") || !strings.Contains(text.String(), "dashboard") {
		t.Errorf("it printed %s", &text)
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

// TestMakeDemoInAPipe holds that the first trade is all without a terminal.
func TestMakeDemoInAPipe(t *testing.T) {
	out, err := demoScript(t).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if text := string(out); !strings.Contains(text, "agrees to the last unit") || strings.Contains(text, "dashboard") {
		t.Errorf("it printed %s", text)
	}
}
