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
func (e Envelope) HasType() bool { return e.has&hasType != 0 }

// HasEto reports whether the payload has an eto_payload, be it an empty one.
func (e Envelope) HasEto() bool { return e.has&hasEto != 0 }

// HasSeq reports whether the payload has a sequence.
func (e Envelope) HasSeq() bool { return e.has&hasSeq != 0 }

// HasEtoType reports whether the payload has an eto type.
func (e Envelope) HasEtoType() bool { return e.has&hasEtoType != 0 }

// HasIsReplay reports whether the payload says if it is a replay.
func (e Envelope) HasIsReplay() bool { return e.has&hasIsReplay != 0 }
