package main

import (
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// watcherNice is how far a screen steps back behind the bot that it shows.
const watcherNice = 10

// stepBack lets every other process of the machine go first: whoever looks at a bot must not delay it. Threads that are
// made later inherit it. What the system refuses stays as it is.
func stepBack() {
	eachThread(func(id int) { _ = syscall.Setpriority(syscall.PRIO_PROCESS, id, watcherNice) })
}

// stepAside leaves every processor to any other process that wants it. Threads that are made later inherit it.
func stepAside() {
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
