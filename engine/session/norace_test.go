//go:build !race

package session

// raceEnabled says that allocations cannot be counted.
const raceEnabled = false
