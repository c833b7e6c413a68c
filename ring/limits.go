package ring

import (
	"math/bits"
	"strconv"
)

// The limits of everything this package claims. They are here to catch a
// configuration that is a mistake, not to ration memory.
const (
	memoryBytesMax = 1 << 30 // one block; fits an int on every platform
	memorySlackMax = 1 << 16 // bytes behind a block

	framesBytesMin     = 64
	framesBytesMax     = 1 << 30
	framesBytesDefault = 1 << 20

	framesRecordsMin     = 2
	framesRecordsMax     = 1 << 20
	framesRecordsDefault = 1024
	framesRecordsStart   = 16 // of those that grow on demand

	slotsMin = 2 // an MPSC of one slot could not tell published from released
	slotsMax = 1 << 24

	// lineBytes keeps apart what different cores write. It is two of the usual
	// 64-byte cache lines: x86 fetches them in pairs, and some arm64 cores
	// have lines of 128 bytes.
	lineBytes = 128
)

// Relations between the limits that do not compile when broken.
const (
	_ = uint(memoryBytesMax - framesBytesMax)                // the ring's block can be claimed
	_ = -uint(framesBytesMax & (framesBytesMax - 1))         // rounding up stays within the limit
	_ = -uint(framesRecordsMax & (framesRecordsMax - 1))     // likewise
	_ = -uint(slotsMax & (slotsMax - 1))                     // likewise
	_ = -uint(framesRecordsStart & (framesRecordsStart - 1)) // doubles up to a power of two
	_ = uint(framesBytesDefault - framesBytesMin)            // defaults lie within
	_ = uint(framesRecordsDefault - framesRecordsMin)        // likewise
	_ = uint(slotsMin - 2)                                   // see slotsMin
)

// LimitError says that a size asked for lies outside its limits.
type LimitError struct {
	Name string // what was sized, as the caller knows it: "SendRingConfig.Bytes"
	Got  int    // what was asked for
	Min  int    // the least that is accepted
	Max  int    // the most that is accepted
}

// Error names the size and its limits.
func (e *LimitError) Error() string {
	return "ring: " + e.Name + " is " + strconv.Itoa(e.Got) +
		", must be " + strconv.Itoa(e.Min) + " to " + strconv.Itoa(e.Max)
}

// within returns a *LimitError if got lies outside its limits.
func within(name string, got, least, most int) error {
	if got < least || got > most {
		return &LimitError{Name: name, Got: got, Min: least, Max: most}
	}
	return nil
}

// powerOfTwo returns the least power of two that is at least n, for n > 0.
func powerOfTwo(n int) int {
	return 1 << bits.Len(uint(n-1))
}

// slotCount checks and rounds the number of slots of a slot ring.
func slotCount(name string, slots int) (int, error) {
	if err := within(name, slots, 1, slotsMax); err != nil {
		return 0, err
	}
	return max(powerOfTwo(slots), slotsMin), nil
}
