//go:build race

package exchange

// referenceSteps is how many operations are compared; there is nothing to race.
const referenceSteps = 40_000
