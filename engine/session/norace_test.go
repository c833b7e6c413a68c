//go:build !race

package session

// raceEnabled says that allocations cannot be counted.
const raceEnabled = false

// schedules is how many random ones are played: what a race detector finds it finds in
// the first.
const schedules = 600

// splitEvery is how far apart the positions are that a script is cut at.
const splitEvery = 1
