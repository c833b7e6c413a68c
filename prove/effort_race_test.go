//go:build race

package prove

// How much the tests do; there is nothing to race.
const (
	defaultSeeds = 6
	digestSeeds  = 2
	historiesMax = 5
)
