package session

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// numberIn decides between the two fields of an account sequence. The 64-bit one
// counts. Without it the 32-bit one does, unless nothing new fits 32 bits: a number
// cut short must not make a new message a duplicate.
func numberIn(has bool, long uint64, short uint32, last uint64) uint64 {
	switch {
	case has:
		return long
	case last >= math.MaxUint32:
		return 0
	}
	return uint64(short)
}

// Odd factors that spread the fields of a mark.
const (
	markOrder    = 0x9e3779b97f4a7c15
	markQuantity = 0xc2b2ae3d27d4eb4f
	markTotal    = 0x165667b19e3779f9
)

// markOf stands for what a message about orders says: of two messages with the same account
// sequence and mark one repeats the other. It is made of what stays the same when the
// exchange says the same again, which balances need not.
func markOf(typ msg.PayloadType, order, quantity, total uint64) uint64 {
	return uint64(typ)<<56 ^ order*markOrder ^ quantity*markQuantity ^ total*markTotal
}
