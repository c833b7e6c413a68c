package main

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// TestKillBehindShell kills a bot that runs behind a shell: nothing that it has started runs on and holds its output.
func TestKillBehindShell(t *testing.T) {
	p := &botProcess{command: []string{"sh", "-c", "sleep 600 & echo up; wait"}}
	cmd, tail, err := p.start(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	for !strings.Contains(tail.String(), "up") {
		time.Sleep(time.Millisecond)
	}
	if err := kill(cmd, exited); err == nil || errors.Is(err, errBotLeft) {
		t.Errorf("killed: %v", err)
	}
}
