//go:build !linux

package measure

import "time"

// Clock says what a [Result] counts.
const Clock = "time on the clock"

var start = time.Now()

// clock reads it.
func clock() time.Duration { return time.Since(start) }
