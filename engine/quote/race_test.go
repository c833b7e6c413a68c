//go:build race

package quote

// raceEnabled says that allocations cannot be counted.
const raceEnabled = true

// worlds is how many random histories are played, plans how many small cases are searched.
const (
	worlds = 300
	plans  = 200
)
