//go:build !unix

package backtest

import "time"

var begun = time.Now()

// cpuTime returns how long the process has run.
func cpuTime() time.Duration { return time.Since(begun) }
