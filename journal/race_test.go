//go:build race

package journal

// sampled is larger here: the race detector finds nothing in a single goroutine, and is slow.
const sampled = 64

// killsUsual is smaller here, for the same reason.
const killsUsual = 5
