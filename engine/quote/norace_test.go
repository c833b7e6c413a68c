//go:build !race

package quote

// worlds is how many random histories are played, plans how many small cases are searched.
const (
	worlds = 6000
	plans  = 4000
)
