//go:build race

package prove

// How much the tests do; only journals have goroutines.
const (
	defaultSeeds = 6
	journalSeeds = 2
	digestSeeds  = 2
	historiesMax = 5
)
