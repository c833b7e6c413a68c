//go:build !race

package book_test

const (
	raceEnabled = false
	// operations is how many random operations the large comparisons take.
	operations = 1_000_000
)
