//go:build !race

package exchange

// twinSteps is how many operations the slow twin is asked to repeat.
const twinSteps = 2_000_000
