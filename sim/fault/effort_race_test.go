//go:build race

package fault_test

// seeds is how many small days are played; there is nothing to race.
const seeds = 50
