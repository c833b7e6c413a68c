package wire

import "fmt"

// What a frame may measure. All are bytes.
const (
	// InboundBytesMax is the longest payload a reader takes unless [Limits]
	// says otherwise. The exchange publishes no maximum.
	InboundBytesMax = 16 << 20

	// OutboundBytesMax is the longest payload a client sends.
	OutboundBytesMax = 64 << 10

	// HeaderBytesMax is the longest header a reader takes: what a 64-bit length
	// needs.
	HeaderBytesMax = 10

	// FrameBytesMin is the shortest whole frame; shorter ones are padded.
	FrameBytesMin = 4

	// SlackBytes is how many bytes the capacity of every payload of a [Buffer]
	// reaches beyond it. They may be read (their content means nothing), so that
	// a decoder may load whole words.
	SlackBytes = 256
)

// What a [Buffer] may measure. All are bytes.
const (
	// BlockBytes is the block a [Buffer] claims unless it is told otherwise.
	BlockBytes = 256 << 10

	// BlockBytesMin is the smallest block a [Buffer] works with.
	BlockBytesMin = 64

	// BlockBytesMax is the largest block a [Buffer] may be told to claim.
	BlockBytesMax = 1 << 30
)

const (
	payloadBytesCeiling = 1 << 30       // a frame's size must fit an int of 32 bits
	headerBytesFloor    = FrameBytesMin // shorter input is never judged, so a lower maximum would mean nothing
	reserveShare        = 8             // a Buffer makes room when less than this part of its block is free
)

// Relations that do not compile when they are broken.
const (
	_ = uint(InboundBytesMax - OutboundBytesMax)                 // we could read what we send
	_ = uint(payloadBytesCeiling - InboundBytesMax)              // the default is in range
	_ = uint(1<<31 - 1 - (payloadBytesCeiling + HeaderBytesMax)) // a frame's size fits 32 bits
	_ = uint(HeaderBytesMax*7 - 64)                              // the longest header spells 64 bits
	_ = uint(1<<(7*headerBytesFloor) - 1 - InboundBytesMax)      // the lowest header maximum spells the default length
	_ = uint(BlockBytesMin - HeaderBytesMax - FrameBytesMin)     // a header fits a block
	_ = uint(BlockBytesMin/reserveShare - 1)                     // the reserve is at least one byte
	_ = uint(BlockBytes - OutboundBytesMax - HeaderBytesMax)     // the default block holds every frame we send
	_ = uint(BlockBytesMax - BlockBytes)                         // the default is in range
	_ = -uint(SlackBytes & (SlackBytes - 1))                     // a power of two
)

// Limits bound what a reader takes from its peer. The zero value means the
// defaults.
type Limits struct {
	// PayloadBytesMax is the longest payload in bytes, 1 to 1 GiB;
	// 0 means InboundBytesMax.
	PayloadBytesMax int

	// HeaderBytesMax is the longest header in bytes, 4 to 10; 0 means 10.
	HeaderBytesMax int
}

// Resolve returns l with its zero fields replaced by the defaults, or a
// *[LimitError] naming the first field that is out of range.
func (l Limits) Resolve() (Limits, error) {
	if l.PayloadBytesMax == 0 {
		l.PayloadBytesMax = InboundBytesMax
	}
	if l.HeaderBytesMax == 0 {
		l.HeaderBytesMax = HeaderBytesMax
	}
	if l.PayloadBytesMax < 1 || l.PayloadBytesMax > payloadBytesCeiling {
		return Limits{}, &LimitError{Name: "PayloadBytesMax", Got: l.PayloadBytesMax, Min: 1, Max: payloadBytesCeiling}
	}
	floor := max(headerBytesFloor, headerSize(l.PayloadBytesMax))
	if l.HeaderBytesMax < floor || l.HeaderBytesMax > HeaderBytesMax {
		return Limits{}, &LimitError{Name: "HeaderBytesMax", Got: l.HeaderBytesMax, Min: floor, Max: HeaderBytesMax}
	}
	return l, nil
}

// LimitError reports a setting that is out of its range.
type LimitError struct {
	Name     string // the field or argument
	Got      int    // what it was set to
	Min, Max int    // what it may be, both included
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("wire: %s is %d, must be %d to %d", e.Name, e.Got, e.Min, e.Max)
}
