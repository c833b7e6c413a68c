//go:build race

package core

// twinSteps is how many operations the slow twin is asked to repeat; there is nothing to race.
const twinSteps = 40_000
