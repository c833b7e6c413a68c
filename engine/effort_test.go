//go:build !race

package engine_test

// Random tests try seeds of seedsAll of what they could; days of prove try the rest.
const (
	seedsAll = 8
	seeds    = 4
)
