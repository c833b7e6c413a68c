//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup gives a process a group of its own, so that an interrupt of the terminal does not reach it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
