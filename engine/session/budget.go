package session

import "math"

// budget bounds how many messages that are no events one driver's call of Next takes.
type budget struct {
	most int  // as SetNextMax has it
	max  int  // in force: with a tap, whose calls take time, one
	used int  // messages since Next last returned nil for it
	more bool // it did just now
}

// set replaces the bound.
func (b *budget) set(most int, tapped bool) {
	b.most, b.max = most, most
	if tapped && most != math.MaxInt {
		b.max = 1
	}
}

// spend counts a message and reports whether the budget is used up by it.
func (b *budget) spend() bool {
	if b.used++; b.used < b.max {
		return false
	}
	b.used, b.more = 0, true
	return true
}
