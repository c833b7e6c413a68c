//go:build race

package exchange

// referenceSteps is how many operations are compared; there is nothing to race.
const twinSteps = 40_000
