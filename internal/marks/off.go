//go:build !smkmarks

package marks

// Enabled reports whether marks are counted.
const Enabled = false

// Hit notes that a branch is taken.
func Hit(Mark) {}

// Hits returns how often a branch was taken since Reset.
func Hits(Mark) uint32 { return 0 }

// Reset forgets what was counted.
func Reset() {}
