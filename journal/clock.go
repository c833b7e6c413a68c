package journal

import "time"

var started = time.Now()

// monotonic returns ns since the program started, and wallClock ns since the Unix epoch. They serve journals whose
// Config has no clocks.
func monotonic() int64 { return int64(time.Since(started)) }
func wallClock() int64 { return time.Now().UnixNano() }
