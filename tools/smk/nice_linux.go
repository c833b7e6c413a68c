package main

import (
	"os"
	"strconv"
	"syscall"
)

// watcherNice is how far a screen steps back behind the bot that it shows.
const watcherNice = 10

// lowerPriority lets other processes go first. Threads that are made later inherit it. What the system refuses stays as
// it is.
func lowerPriority() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, task := range tasks {
		if id, err := strconv.Atoi(task.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, watcherNice)
		}
	}
}
