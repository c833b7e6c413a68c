//go:build race

package risk

// killSeeds is how many random interleavings are played: a race detector finds nothing in code without goroutines.
const killSeeds = 100

// twinConfigs is how many configurations the gate and its twin are held against each other with.
const twinConfigs = 200
