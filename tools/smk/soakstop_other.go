//go:build !unix

package main

import "syscall"

// A process cannot be stopped here: signal 0 does nothing.
const (
	stopProcess     = syscall.Signal(0)
	continueProcess = syscall.Signal(0)
)
