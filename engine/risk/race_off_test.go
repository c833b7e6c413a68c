//go:build !race

package risk

// killSeeds is how many random interleavings are played.
const killSeeds = 1000

// twinConfigs is how many configurations the gate and its twin are held against each other with.
const twinConfigs = 2000
