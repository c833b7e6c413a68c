//go:build !race

package risk

// killSeeds is how many random interleavings are played.
const killSeeds = 1000
