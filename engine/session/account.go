package session

import "math"

// account is the memory of the account's sequence, which outlives sessions.
type account struct {
	last    uint64 // the last number that was applied, 0 for none
	current uint64 // likewise once the message at hand is handled
	first   bool   // the next number is the first after a login that resumed
}

// numberIn decides between the two fields of an account sequence. The 64-bit one
// counts. Without it the 32-bit one does, unless nothing new fits 32 bits: a number
// cut short must not make a new message look old.
func numberIn(has bool, long uint64, short uint32, last uint64) uint64 {
	switch {
	case has:
		return long
	case last >= math.MaxUint32:
		return 0
	}
	return uint64(short)
}
