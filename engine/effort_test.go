//go:build !race

package engine_test

// Random tests try seeds of seedsAll of what they could.
const (
	seedsAll = 8
	seeds    = seedsAll
)
