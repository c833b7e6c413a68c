package measure

import (
	"time"

	"golang.org/x/sys/unix"
)

// Clock says what a [Result] counts. It is the time that the measuring thread had a processor: what other programs
// take is not in it, and neither is garbage collection that runs beside the thread.
const Clock = "processor time of the measuring thread"

// clock reads it.
func clock() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic("BUG: measure: no clock: " + err.Error())
	}
	return time.Duration(t.Nano())
}
