package engine

import (
	"runtime"
	"slices"
)

// loopFunctions call the bot's handlers, and the methods of Config.Logger: one of them is on the stack of each.
var loopFunctions = []string{
	"github.com/smk-go/smk/engine.(*Engine).guarded",
	"github.com/smk-go/smk/engine.(*Engine).end",
	logFunction,
}

// logFunction calls the methods of Config.Logger.
const logFunction = "github.com/smk-go/smk/engine.(*logs).write"

// dialFunctions call Config.Dial and Config.Credentials.
var dialFunctions = []string{"github.com/smk-go/smk/engine.(*Engine).try"}

// calledBy reports whether one of these functions is on the stack of the calling goroutine. Goroutines have no
// identity, and the loop's may change with every call of Poll. It is called directly: of a frame with inlined
// calls runtime.FuncForPC allocates a description.
func calledBy(functions []string) bool {
	var pcs [stackFrames]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if f := runtime.FuncForPC(pc - 1); f != nil && slices.Contains(functions, f.Name()) {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}
