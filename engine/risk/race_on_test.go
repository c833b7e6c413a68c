//go:build race

package risk

// killSeeds is how many random interleavings are played: a race detector finds nothing in code without goroutines.
const killSeeds = 100
