//go:build !race

package book_test

// operations is how many random operations the large comparisons take.
const operations = 1_000_000
