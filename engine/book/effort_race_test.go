//go:build race

package book_test

const (
	raceEnabled = true
	// operations is how many random operations the large comparisons take; there is nothing to race.
	operations = 30_000
)
