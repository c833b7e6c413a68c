package envelope

// Types of eto.Payload, the session layer.
const (
	EtoNone             = 1 // an application message; also what an absent type means
	EtoPing             = 2
	EtoPong             = 3
	EtoGapfill          = 4
	EtoHeartbeat        = 5
	EtoReplay           = 6
	EtoLogin            = 7
	EtoLoginResponse    = 8
	EtoLogout           = 9
	EtoThrottleExceeded = 10
)

// Envelope holds the fields of a payload (a seto.Payload) that a session needs before
// it decides whether to decode the body. It refers to no memory of the payload.
type Envelope struct {
	// Seq is the session's sequence number, 0 if absent.
	Seq uint64

	// Type is the seto type, 0 if absent. Unknown numbers are kept, negative ones in
	// two's complement.
	Type uint32

	// EtoType is the eto type, EtoNone if absent. Unknown numbers are kept, as in Type.
	EtoType uint32

	Flags
}

// Flags holds the booleans of an [Envelope]. It is a separate struct so that Envelope
// has four fields: the compiler keeps four in registers and copies five through
// memory, which costs more than parsing them.
type Flags struct {
	// IsReplay marks a message that was sent before, false if absent.
	IsReplay bool

	has presence
}

// presence is the set of fields that the payload has.
type presence uint8

const (
	hasType presence = 1 << iota
	hasEto
	hasSeq
	hasEtoType
	hasIsReplay
)

// HasType reports whether the payload has a type.
func (f Flags) HasType() bool { return f.has&hasType != 0 }

// HasEto reports whether the payload has an eto_payload, even an empty one.
func (f Flags) HasEto() bool { return f.has&hasEto != 0 }

// HasSeq reports whether the payload has a sequence.
func (f Flags) HasSeq() bool { return f.has&hasSeq != 0 }

// HasEtoType reports whether the payload has an eto type.
func (f Flags) HasEtoType() bool { return f.has&hasEtoType != 0 }

// HasIsReplay reports whether the payload has a replay flag, set or not.
func (f Flags) HasIsReplay() bool { return f.has&hasIsReplay != 0 }
