//go:build race

package msg_test

// raceEnabled leaves the allocation tests out: the race detector allocates.
const raceEnabled = true
