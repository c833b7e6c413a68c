//go:build race

package quote

// worlds is how many random histories are played, plans how many small cases are searched.
const (
	worlds = 300
	plans  = 200
)
