package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// watcherNice is how far a screen steps back behind the bot that it shows.
const watcherNice = 10

// lowerPriority lets other processes go first, unless they do already. Threads that are made later inherit it. What the
// system refuses stays as it is.
func lowerPriority() {
	eachThread(func(id int) {
		if n, err := unix.Getpriority(unix.PRIO_PROCESS, id); err == nil && 20-n < watcherNice {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, watcherNice)
		}
	})
}

// idlePriority leaves every processor to any other process that wants it. Threads that are made later inherit it.
func idlePriority() {
	idle := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}
	eachThread(func(id int) { _ = unix.SchedSetAttr(id, &idle, 0) })
}

func eachThread(f func(id int)) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, task := range tasks {
		if id, err := strconv.Atoi(task.Name()); err == nil {
			f(id)
		}
	}
}
