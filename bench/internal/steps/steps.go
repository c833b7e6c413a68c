package steps

import (
	"errors"
	"os"
)

// Path is work whose instructions are counted.
type Path struct {
	Name string

	// Calls is how many calls make up a round, for work that differs from call to call.
	Calls int

	// Long says that a call is so long that a few instructions of the runtime's do not matter:
	// it is counted once.
	Long bool

	// New does what comes before, once, and returns the work: call i of all calls, the
	// rounds of the warm-up included, of which call i%Calls is always of one kind.
	New func() (work func(i int), err error)
}

// ErrUnavailable means that instructions cannot be counted here.
var ErrUnavailable = errors.New("steps: this program cannot go through another here")

const (
	childEnv = "SMK_STEPS_CHILD"

	// What grows has then grown, and the runtime's caches of interfaces, which take in one of a
	// thousand that they miss, have what they need. And one more: what a path does every so often,
	// which is a power of two of calls as a rule, has just been done.
	warmRounds = 1<<13 + 1
	rounds     = 3 // that are counted, if they are not long; the least of them counts
)

// IsChild reports whether this process was started by Count, in a test's TestMain, and has to
// call Child.
func IsChild() bool { return os.Getenv(childEnv) != "" }

func (p Path) times() int {
	if p.Long {
		return 1
	}
	return rounds
}
