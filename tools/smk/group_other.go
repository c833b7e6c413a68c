//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// ownGroup does nothing here.
func ownGroup(*exec.Cmd) {}

// signalGroup sends a signal to a process alone.
func signalGroup(cmd *exec.Cmd, s os.Signal) error { return cmd.Process.Signal(s) }
