//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// hangUp starts an exchange by a shell's command line, in which $0 is its arguments' place, and waits until it serves.
func hangUp(t *testing.T, line string, args ...string) (cmd *exec.Cmd, address string) {
	t.Helper()
	cmd = exec.Command("sh", append([]string{"-c", line, "smk", "sim", "--json", "--addr=127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var w welcome
	lines := bufio.NewReader(out)
	first, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(first, &w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd, w.Address
}

// TestHangUp: a command whose terminal is closed ends in order, as by an interrupt, and one that was started to outlive
// it goes on.
func TestHangUp(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	cmd, _ := hangUp(t, `exec "$0" "$@"`, "--state="+state, "--state-every=1h")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it does not end in order: %v", err)
	}
	if info, err := os.Stat(state); err != nil || info.Size() == 0 {
		t.Errorf("nothing is kept: %v", err)
	}

	cmd, address := hangUp(t, `trap "" HUP; exec "$0" "$@"`)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("it has ended: %v", err)
	}
	_ = conn.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
