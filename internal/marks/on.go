//go:build smkmarks

package marks

import "sync/atomic"

// Enabled reports whether marks are counted.
const Enabled = true

var hits [Count]atomic.Uint32

// Hit notes that a branch is taken.
func Hit(m Mark) { hits[m].Add(1) }

// Hits returns how often a branch was taken since Reset.
func Hits(m Mark) uint32 { return hits[m].Load() }

// Reset forgets what was counted.
func Reset() {
	for m := range hits {
		hits[m].Store(0)
	}
}
