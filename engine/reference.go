package engine

import (
	"crypto/rand"
	"encoding/binary"
)

// referenceBase returns the number that automatic references count up from: 64 random
// bits, and not 0. It does not depend on a clock, which two programs may read at the same
// moment and which may be set back, and nothing has to be kept for the next start.
//
// The references of a start that sends n messages are n numbers in a row. Two starts have
// one in common with a probability of less than 2n/2^64: 1.1e-10 for 10^9 messages each.
// Any two of k starts do with less than k*k*n/2^64: 5e-6 for 10^4 starts of 10^6 messages,
// a daily restart for 27 years; 5e-2 for as many of 10^10. The count has no end: it
// wraps around, without 0.
func referenceBase() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return max(binary.LittleEndian.Uint64(b[:]), 1)
}
