//go:build race

package book_test

// operations is how many random operations the large comparisons take; there is nothing to race.
const operations = 30_000
