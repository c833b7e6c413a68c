package measure

import (
	"time"

	"golang.org/x/sys/unix"
)

// Clock names the clock of a [Result]: the processor time of the measuring thread, without other programs and without
// garbage collection on other threads.
const Clock = "processor time of the measuring thread"

// clock returns its reading.
func clock() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic("BUG: measure: no clock: " + err.Error())
	}
	return time.Duration(t.Nano())
}
