//go:build !race

package fault_test

// seeds is how many small days are played.
const seeds = 1000
