//go:build race

package engine_test

// Random tests try seeds of seedsAll of what they could: a race shows in one day as in many.
const (
	seedsAll = 8
	seeds    = 1
)
