package main

import (
	"os"
	"runtime"
)

// stepBack lets every other process of the machine go first: whoever looks at a bot must not delay it. So it takes one
// processor at most, and spares the bot the threads that look for work on others, unless GOMAXPROCS says otherwise.
// A test that runs the command in its own process stays as it is.
func stepBack(std stdio) {
	if !std.ofProcess() {
		return
	}
	lowerPriority()
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}
