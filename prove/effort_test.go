//go:build !race

package prove

// How much the tests do.
const (
	defaultSeeds = 40
	journalSeeds = 8
	digestSeeds  = 10
	historiesMax = 300
)
