//go:build unix

package main

import "syscall"

// stopProcess and continueProcess stop a process and let it go on.
const (
	stopProcess     = syscall.SIGSTOP
	continueProcess = syscall.SIGCONT
)
