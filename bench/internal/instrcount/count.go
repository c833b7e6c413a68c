package instrcount

import "testing"

// Path is code whose instructions are counted.
type Path struct {
	Name string

	// Calls is how many calls make up a round, for code that differs from call to call.
	Calls int

	// New prepares the code, once, and returns it: call i of all calls, the rounds of the warm-up included. Calls
	// with the same i%Calls are alike.
	New func(t testing.TB) (call func(i int))

	// Prepare is called before each call, and not counted, unless it is nil.
	Prepare func()
}

const (
	// After the warm-up all memory has grown, and so have the runtime's caches of interfaces, which take in one of a
	// thousand misses. One round more, so that what happens every so many calls, which is a power of two as a rule,
	// has just happened.
	warmRounds = 1<<13 + 1

	// The least count of the rounds holds: a request to yield that was made before the other threads were stopped
	// adds to one of them.
	rounds = 2
)
