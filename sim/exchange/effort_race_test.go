//go:build race

package exchange

// twinSteps is how many operations the slow twin is asked to repeat; there is nothing to race.
const twinSteps = 40_000
