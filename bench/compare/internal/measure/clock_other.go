//go:build !linux

package measure

import "time"

// Clock names the clock of a [Result].
const Clock = "time on the clock"

var start = time.Now()

// clock returns its reading.
func clock() time.Duration { return time.Since(start) }
