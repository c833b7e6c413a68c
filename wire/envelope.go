package wire

// Types of eto.Payload: what a session-level message means.
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

// Envelope is what a session must know of a payload (a seto.Payload) before it
// decides whether to decode it. It is a plain value and holds no memory of the
// payload.
type Envelope struct {
	// Seq is the sequence of the session, 0 if absent.
	Seq uint64

	// Type is the seto type, 0 if absent. Numbers without a meaning are kept as
	// they came, as are negative ones in two's complement.
	Type uint32

	// EtoType is the eto type, EtoNone if absent. As for Type, any number may
	// come.
	EtoType uint32

	Flags
}

// Flags is what is yes or no in an [Envelope]. It is a struct of its own so that an
// Envelope has four fields: the compiler keeps those in registers, and five it
// would copy through memory, which costs more than reading them did.
type Flags struct {
	// IsReplay tells a repeated message from a new one, false if absent.
	IsReplay bool

	has presence
}

// presence is a set of the fields that were there.
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

// HasEto reports whether the payload has an eto_payload, be it an empty one.
func (f Flags) HasEto() bool { return f.has&hasEto != 0 }

// HasSeq reports whether the payload has a sequence.
func (f Flags) HasSeq() bool { return f.has&hasSeq != 0 }

// HasEtoType reports whether the payload has an eto type.
func (f Flags) HasEtoType() bool { return f.has&hasEtoType != 0 }

// HasIsReplay reports whether the payload says if it is a replay.
func (f Flags) HasIsReplay() bool { return f.has&hasIsReplay != 0 }
