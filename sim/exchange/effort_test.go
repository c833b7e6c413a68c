//go:build !race

package exchange

// referenceSteps is how many operations are compared.
const referenceSteps = 2_000_000
