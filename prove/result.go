package prove

import (
	"fmt"
	"time"

	"github.com/smk-go/smk/internal/marks"
)

// Result is what became of a day.
type Result struct {
	Digest   uint64        // of everything that the bots saw and knew, in order
	Failure  *Failure      // nil if all is well
	Lasted   time.Duration // virtual time
	Rounds   int           // of the world
	Messages uint64        // that the bots received
	Sent     uint64        // order-entry messages that left
	Fills    uint64
	Logins   uint64
	Moments  uint64       // at which a bot that had received everything was compared with the exchange in full
	Starts   uint64       // of processes that found a file of an earlier one
	Unsaved  uint64       // times that saving began to fail
	Replayed uint64       // rounds of journals that were replayed
	Marks    []marks.Mark // that the day reached, in order; nil unless it is built with the tag smkmarks
}

// Failure says what does not hold, where and when.
type Failure struct {
	Invariant string // its name
	Text      string
	Bot       string
	At        time.Duration // virtual time since the beginning
	Round     int
}

// Error describes the failure.
func (f *Failure) Error() string {
	return fmt.Sprintf("prove: %s: %s, %v after the beginning, round %d: %s", f.Invariant, f.Bot, f.At, f.Round, f.Text)
}
